use super::*;

struct Place(tempfile::TempDir);

impl Place {
    fn new(management: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run");
        std::fs::create_dir(&run).unwrap();
        if let Some(url) = management {
            std::fs::write(
                run.join("endpoints.json"),
                serde_json::json!({ "management": url, "gateway": "http://127.0.0.1:1" }).to_string(),
            )
            .unwrap();
            std::fs::write(run.join("token"), "local-token\n").unwrap();
        }
        Self(dir)
    }

    fn settings(&self, url: Option<&str>, env: &[(&str, &str)]) -> ClientSettings {
        let global = Global { data_dir: Some(self.0.path().to_owned()), url: url.map(str::to_owned), ..Global::default() };
        let lookup = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        ClientSettings::resolve(&global, &lookup).unwrap()
    }

    fn resolve(&self, url: Option<&str>, env: &[(&str, &str)]) -> (String, String) {
        let settings = self.settings(url, env);
        let login = match settings.login {
            Login::Token(token) => token.expose().to_owned(),
            Login::Password(user, password) => format!("{user}:{}", password.expose()),
            Login::None => "none".to_owned(),
        };
        (settings.url.to_string(), login)
    }
}

fn is(found: &(String, String), url: &str, login: &str) {
    assert_eq!((found.0.as_str(), found.1.as_str()), (url, login));
}

#[test]
fn a_newcomer_types_nothing() {
    is(&Place::new(Some("http://127.0.0.1:4711")).resolve(None, &[]), "http://127.0.0.1:4711/", "local-token");
    is(&Place::new(None).resolve(None, &[]), "http://127.0.0.1:18080/", "none");
}

#[test]
fn the_local_token_goes_nowhere_else() {
    let place = Place::new(Some("http://127.0.0.1:4711"));
    is(&place.resolve(Some("http://127.0.0.1:4711/agm"), &[]), "http://127.0.0.1:4711/agm", "local-token");
    is(&place.resolve(Some("http://127.0.0.1:4712"), &[]), "http://127.0.0.1:4712/", "none");
    is(&place.resolve(Some("https://127.0.0.1:4711"), &[]), "https://127.0.0.1:4711/", "none");
    is(&place.resolve(None, &[("AGM_URL", "http://elsewhere:4711")]), "http://elsewhere:4711/", "none");
}

#[test]
fn tokens_come_before_passwords_and_pairs_stay_pairs() {
    let place = Place::new(None);
    let pair = [("HICLAW_ADMIN_USER", "boss"), ("HICLAW_ADMIN_PASSWORD", "p")];
    is(&place.resolve(None, &pair), "http://127.0.0.1:18080/", "boss:p");
    is(&place.resolve(None, &[pair[0], pair[1], ("AGM_TOKEN", "t")]), "http://127.0.0.1:18080/", "t");
    is(&place.resolve(None, &[("AGENTTEAMS_ADMIN_USER", "other"), pair[1]]), "http://127.0.0.1:18080/", "admin:p");
    is(&Place::new(Some("http://127.0.0.1:4711")).resolve(None, &pair), "http://127.0.0.1:4711/", "local-token");
}

#[test]
fn no_proxy_stands_before_the_own_server() {
    let place = Place::new(Some("http://10.0.0.5:4711"));
    assert_eq!(place.settings(None, &[]).way, Way::Direct);
    assert_eq!(place.settings(Some("http://10.0.0.5:4711"), &[]).way, Way::Direct);
    assert_eq!(place.settings(Some("http://10.0.0.6:4711"), &[]).way, Way::Usual);
}

#[test]
fn a_token_for_elsewhere_does_not_go_to_a_server_that_was_found() {
    let place = Place::new(Some("http://127.0.0.1:4711"));
    let token = ("AGM_TOKEN", "t");
    is(&place.resolve(None, &[token]), "http://127.0.0.1:4711/", "local-token");
    is(&place.resolve(Some("http://127.0.0.1:4711"), &[token]), "http://127.0.0.1:4711/", "t");
    is(&place.resolve(None, &[token, ("AGM_URL", "http://127.0.0.1:4711")]), "http://127.0.0.1:4711/", "t");
    is(&Place::new(None).resolve(None, &[token]), "http://127.0.0.1:18080/", "t");
}
