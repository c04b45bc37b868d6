//! Passwords, sessions, tokens.

use std::time::{Duration, Instant};

use agm_domain::secret::Secret;
use agm_ops::AdminCredentials;
use agm_server::{Server, ServerSettings};
use agm_testkit::dir::DataDir;
use reqwest::Method;
use serde_json::json;

use crate::bed::{Answer, Bed, PASSWORD, USER, local, settings};

async fn log_in(bed: &Bed, prefix: &str) -> (Answer, String) {
    let request = bed.bare(Method::POST, &format!("{prefix}/api/v1/session")).json(&json!({ "user": USER, "password": PASSWORD }));
    let answer = Answer::of(request).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (answer, cookie)
}

#[tokio::test]
async fn a_session_is_opened_used_and_closed() {
    let bed = Bed::start().await;
    let (answer, cookie) = log_in(&bed, "").await;
    let session = answer.expect(200);
    assert_eq!((&session["name"], &session["role"], &session["kind"]), (&json!("admin"), &json!("admin"), &json!("session")));
    let attributes = answer.header("set-cookie").to_owned();
    for attribute in ["agm_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    assert!(!attributes.contains("Secure"), "there is no TLS: {attributes}");
    let with_cookie = |method, path: &str| bed.bare(method, path).header("cookie", &cookie);
    Answer::of(with_cookie(Method::GET, "/api/v1/providers")).await.expect(200);
    let ended = Answer::of(with_cookie(Method::DELETE, "/api/v1/session").header("origin", bed.server.url())).await;
    ended.expect(204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"), "{ended:?}");
    let refused = Answer::of(with_cookie(Method::GET, "/api/v1/providers")).await;
    refused.refused(401, "AUTH_FAILED");
    assert_eq!(refused.header("www-authenticate"), "", "the page has a form of its own");
}

#[tokio::test]
async fn a_session_belongs_to_its_prefix_and_survives_a_restart() {
    let bed = Bed::start().await;
    let (answer, cookie) = log_in(&bed, "/agm").await;
    assert!(answer.header("set-cookie").contains("Path=/agm/"), "{answer:?}");
    let bed = Bed::on(bed.stop().await, |_| ()).await;
    Answer::of(bed.bare(Method::GET, "/agm/api/v1/session").header("cookie", cookie)).await.expect(200);
}

#[tokio::test]
async fn a_change_by_cookie_comes_from_our_own_page() {
    let bed = Bed::with(|settings| {
        settings.public_url = Some("https://agm.example.org/agm/".to_owned());
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let (_, cookie) = log_in(&bed, "").await;
    let host = bed.server.addr().to_string();
    let tls = || ("x-forwarded-proto", "https".to_owned());
    let cases = [
        (vec![("origin", format!("http://{host}"))], 200),
        (vec![("origin", "https://agm.example.org".to_owned())], 200),
        (vec![("origin", "http://team.example".to_owned()), ("x-forwarded-host", "team.example".to_owned())], 200),
        (vec![("sec-fetch-site", "same-origin".to_owned())], 200),
        (vec![("origin", "https://team.example".to_owned()), ("x-forwarded-host", "team.example".to_owned()), tls()], 200),
        (vec![("origin", "http://team.example".to_owned()), ("x-forwarded-host", "team.example".to_owned()), tls()], 403),
        (vec![("origin", format!("http://{host}")), tls()], 403),
        (vec![("origin", "http://agm.example.org".to_owned()), ("host", "agm.example.org".to_owned())], 403),
        (vec![("origin", "http://evil.example".to_owned())], 403),
        (vec![("origin", "null".to_owned())], 403),
        (vec![("sec-fetch-site", "cross-site".to_owned())], 403),
        (vec![("origin", "http://evil.example".to_owned()), ("x-forwarded-host", "team.example".to_owned())], 403),
        (vec![], 403),
    ];
    for (headers, status) in cases {
        let mut request = bed.bare(Method::POST, "/api/v1/routes/repair").header("cookie", &cookie);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}: {answer:?}");
        if status == 403 {
            answer.refused(403, "ORIGIN_REFUSED");
        }
    }
    // A browser sends a remembered password by itself too; a script sends no origin.
    let evil = bed.request(Method::POST, "/api/v1/routes/repair").header("origin", "http://evil.example");
    Answer::of(evil).await.refused(403, "ORIGIN_REFUSED");
    Answer::of(bed.request(Method::POST, "/api/v1/routes/repair")).await.expect(200);
    // Nor may another page log its visitors in.
    let login = bed.bare(Method::POST, "/api/v1/session").header("origin", "http://evil.example");
    Answer::of(login.json(&json!({ "user": USER, "password": PASSWORD }))).await.refused(403, "ORIGIN_REFUSED");
    // Behind TLS the cookie says so.
    let login = bed.bare(Method::POST, "/api/v1/session").header("x-forwarded-proto", "https");
    let answer = Answer::of(login.json(&json!({ "user": USER, "password": PASSWORD }))).await;
    assert!(answer.header("set-cookie").contains("Secure"), "{answer:?}");
    // Also where the proxy says nothing and asks under a host of its own: the browser names the page.
    let login = bed.bare(Method::POST, "/api/v1/session").header("origin", "https://AGM.example.org");
    let answer = Answer::of(login.json(&json!({ "user": USER, "password": PASSWORD }))).await;
    assert!(answer.header("set-cookie").contains("Secure"), "{answer:?}");
}

#[tokio::test]
async fn wrong_passwords_are_answered_late_and_a_right_one_never_is_refused() {
    let bed = Bed::start().await;
    let attempt = async |password: &str| {
        let begun = Instant::now();
        let answer = Answer::of(bed.bare(Method::GET, "/api/v1/session").basic_auth(USER, Some(password))).await;
        (answer.status.as_u16(), begun.elapsed())
    };
    for least in [100, 200, 400] {
        let (status, took) = attempt("wrong").await;
        assert_eq!(status, 401);
        assert!(took >= Duration::from_millis(least), "{took:?} after which {least} ms were due");
    }
    assert_eq!(attempt(PASSWORD).await.0, 200);
    // What came before is forgotten then.
    let wrong = Answer::of(bed.bare(Method::POST, "/api/v1/session").json(&json!({ "user": "nobody", "password": PASSWORD }))).await;
    wrong.refused(401, "AUTH_FAILED");
}

#[tokio::test]
async fn many_guesses_at_once_do_not_lock_the_admin_out() {
    let bed = Bed::start().await;
    let guess = |n: usize| Answer::of(bed.bare(Method::GET, "/api/v1/session").basic_auth(USER, Some(format!("guess-{n}"))));
    let guesses = futures_util::future::join_all((0..6).map(guess));
    let right = Answer::of(bed.request(Method::GET, "/api/v1/session"));
    let (guesses, right) = tokio::join!(guesses, right);
    assert!(guesses.iter().all(|answer| answer.status == 401));
    right.expect(200);
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let bed = Bed::start().await;
    let made = bed.post("/api/v1/tokens", &json!({ "name": "ci", "role": "viewer", "expiresIn": "90d" })).await.expect(201);
    let (secret, id) = (made["secret"].as_str().unwrap(), made["token"]["id"].as_str().unwrap());
    assert!(made["token"]["expiresAt"].is_string() && made["token"].get("lastUsedAt").is_none(), "{made}");
    bed.post("/api/v1/tokens", &json!({ "name": "ci", "role": "viewer" })).await.refused(409, "TOKEN_EXISTS");
    let use_it = || Answer::of(bed.bare(Method::GET, "/api/v1/session").bearer_auth(secret));
    assert_eq!(use_it().await.expect(200)["name"], "token:ci");
    let listed = bed.get("/api/v1/tokens").await;
    assert!(!listed.text.contains(secret));
    assert!(listed.expect(200)["items"][0]["lastUsedAt"].is_string(), "{listed:?}");
    let revoke = || Answer::of(bed.request(Method::DELETE, &format!("/api/v1/tokens/{id}")));
    revoke().await.expect(200);
    use_it().await.refused(401, "AUTH_FAILED");
    revoke().await.refused(404, "TOKEN_NOT_FOUND");
    let wrong = [json!({ "name": "a b", "role": "viewer" }), json!({ "name": "x", "role": "viewer", "expiresIn": "soon" })];
    for wrong in wrong {
        assert_eq!(bed.post("/api/v1/tokens", &wrong).await.status.as_u16(), 422);
    }
    bed.post("/api/v1/tokens", &json!({ "name": "x", "role": "king" })).await.refused(400, "MALFORMED_BODY");
    let stored = std::fs::read_to_string(bed.dir.join("agm/objects/access.json")).unwrap();
    assert!(!stored.contains(secret), "only its hash is stored");
}

#[tokio::test]
async fn a_password_is_made_at_the_first_start_and_kept() {
    let dir = DataDir::new("server").unwrap();
    let generated = |settings: &mut ServerSettings| settings.admin = AdminCredentials::Generated { user: "admin".to_owned() };
    let bed = Bed::on(dir, generated).await;
    let password = bed.server.generated_password().unwrap().expose().to_owned();
    assert!(password.len() >= 20, "{}", password.len());
    Answer::of(bed.bare(Method::GET, "/api/v1/session").basic_auth("admin", Some(&password))).await.expect(200);
    Answer::of(bed.bare(Method::GET, "/api/v1/session").basic_auth("admin", Some("admin"))).await.refused(401, "AUTH_FAILED");
    let bed = Bed::on(bed.stop().await, generated).await;
    assert!(bed.server.generated_password().is_none(), "it is shown once");
    Answer::of(bed.bare(Method::GET, "/api/v1/session").basic_auth("admin", Some(&password))).await.expect(200);
    assert!(!bed.dir.dump().contains(&password));
}

#[tokio::test]
async fn a_weak_password_is_for_loopback_only() {
    let dir = DataDir::new("server").unwrap();
    let agm = agm_ops::Agm::start(settings(&dir, agm_ops::gateway::Settings::default())).await.unwrap();
    for (password, loopback_only, starts) in
        [("admin", true, true), ("admin", false, false), ("short", false, false), ("", true, false), (PASSWORD, false, true)]
    {
        let admin = AdminCredentials::Given { user: "admin".to_owned(), password: Secret::from(password) };
        let settings = ServerSettings { loopback_only, ..ServerSettings::new(local(), admin, dir.join("run")) };
        match Server::start(settings, agm.clone()).await {
            Ok(server) => {
                assert!(starts, "{password}");
                assert_eq!(server.password_is_weak(), password == "admin");
            }
            Err(error) => assert!(!starts, "{password}: {error}"),
        }
    }
}

#[tokio::test]
async fn another_password_ends_every_session() {
    let bed = Bed::start().await;
    let who = |bed: &Bed, cookie: &str| Answer::of(bed.bare(Method::GET, "/api/v1/session").header("cookie", cookie));
    let open = Answer::of(bed.bare(Method::POST, "/api/v1/session").json(&json!({ "user": USER, "password": PASSWORD }))).await;
    open.expect(200);
    let cookie = open.header("set-cookie").split(';').next().unwrap().to_owned();
    // The same password after a restart: the session goes on.
    let bed = Bed::on(bed.stop().await, |_| ()).await;
    who(&bed, &cookie).await.expect(200);
    let other = |settings: &mut ServerSettings| {
        settings.admin = AdminCredentials::Given { user: USER.to_owned(), password: Secret::from("another-password") };
    };
    let bed = Bed::on(bed.stop().await, other).await;
    who(&bed, &cookie).await.expect(204);
    // Nor does it come back with the first one, nor with a made one.
    let bed = Bed::on(bed.stop().await, |_| ()).await;
    who(&bed, &cookie).await.expect(204);
    assert!(!bed.dir.dump().contains(PASSWORD), "only a hash is stored");
    let generated = |settings: &mut ServerSettings| settings.admin = AdminCredentials::Generated { user: USER.to_owned() };
    let bed = Bed::on(bed.stop().await, generated).await;
    assert!(bed.server.generated_password().is_some(), "the given password is not in force any more");
    Answer::of(bed.request(Method::GET, "/api/v1/session")).await.refused(401, "AUTH_FAILED");
}

#[tokio::test]
async fn what_is_too_long_is_refused_before_it_costs_anything() {
    let bed = Bed::start().await;
    for (user, password) in [("u".repeat(257), "x".to_owned()), (USER.to_owned(), "p".repeat(1025))] {
        // Six that were counted would take more than six seconds.
        let begun = Instant::now();
        for _ in 0..6 {
            let request = bed.bare(Method::GET, "/api/v1/session").basic_auth(&user, Some(&password));
            Answer::of(request).await.refused(401, "AUTH_FAILED");
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn tokens_and_cookies_are_guessed_slowly() {
    let bed = Bed::start().await;
    let begun = Instant::now();
    for (name, value) in [("authorization", "Bearer agm_t_x"), ("cookie", "agm_session=agm_s_x"), ("authorization", "Bearer y")] {
        Answer::of(bed.bare(Method::GET, "/api/v1/status").header(name, value)).await.refused(401, "AUTH_FAILED");
    }
    assert!(begun.elapsed() >= Duration::from_millis(700), "100, 200 and 400 ms: {:?}", begun.elapsed());
    let guess = || Answer::of(bed.bare(Method::GET, "/api/v1/session").bearer_auth("z"));
    let mut answers: futures_util::stream::FuturesUnordered<_> = (0..60).map(|_| guess()).collect();
    let sent_away = loop {
        let answer = futures_util::StreamExt::next(&mut answers).await.unwrap();
        if answer.status != 401 {
            break answer;
        }
    };
    sent_away.refused(429, "TOO_MANY_REQUESTS");
    assert_eq!(sent_away.header("retry-after"), "5");
}
