use http::HeaderValue;

use super::*;

/// A page as a build makes it: a file below `assets/` with its compressed form beside it.
#[derive(Embed)]
#[folder = "src/page/asset/fixture"]
struct Page;

fn ask(name: &str, headers: &[(http::HeaderName, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
    answer::<Page>(name, &headers)
}

fn header(response: &Response, name: http::HeaderName) -> &str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn a_file_says_what_it_is_and_how_long_it_stands() {
    let index = ask("index.html", &[]);
    assert_eq!((index.status(), header(&index, CONTENT_TYPE)), (StatusCode::OK, "text/html; charset=utf-8"));
    assert_eq!(header(&index, CACHE_CONTROL), "no-cache");
    let script = ask("assets/page-1a2b.js", &[]);
    assert_eq!(header(&script, CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert!(header(&script, CACHE_CONTROL).contains("immutable"));
}

#[test]
fn what_is_there_already_is_not_sent_again() {
    let tag = header(&ask("index.html", &[]), ETAG).to_owned();
    for held in [tag.clone(), format!("W/{tag}"), format!("\"old\", {tag}"), "*".to_owned()] {
        assert_eq!(ask("index.html", &[(IF_NONE_MATCH, &held)]).status(), StatusCode::NOT_MODIFIED, "{held}");
    }
    assert_eq!(ask("index.html", &[(IF_NONE_MATCH, "\"old\"")]).status(), StatusCode::OK);
}

#[test]
fn it_is_compressed_for_who_takes_that() {
    for (accepted, coded) in [("br", "br"), ("gzip, br;q=0.9", "br"), ("gzip", ""), ("br;q=0", ""), ("", ""), ("bro", "")] {
        let script = ask("assets/page-1a2b.js", &[(ACCEPT_ENCODING, accepted)]);
        assert_eq!(header(&script, CONTENT_ENCODING), coded, "{accepted}");
        assert_eq!(header(&script, VARY), "accept-encoding");
    }
    // No compressed form, none sent.
    assert_eq!(header(&ask("index.html", &[(ACCEPT_ENCODING, "br")]), CONTENT_ENCODING), "");
}

#[test]
fn the_two_forms_have_two_tags() {
    let plain = ask("assets/page-1a2b.js", &[]);
    let coded = ask("assets/page-1a2b.js", &[(ACCEPT_ENCODING, "br")]);
    assert_ne!(header(&plain, ETAG), header(&coded, ETAG));
}

#[test]
fn what_is_not_there_is_not_found() {
    for name in ["assets/none.js", "assets/../index.html", "assets//etc/passwd", ""] {
        assert_eq!(ask(name, &[]).status(), StatusCode::NOT_FOUND, "{name}");
    }
}
