//! Who answers at an address, asked without credentials.

use std::time::Duration;

use url::Url;

/// Who answers.
#[derive(Debug)]
pub(crate) enum Answerer {
    /// agm, of this version.
    Agm(String),
    /// agm's gateway, which has management below `/agm`.
    Gateway,
    /// Something else; what it calls itself, in brackets, if it does.
    SomethingElse(String),
    /// Nobody.
    Nobody,
}

/// Asks for health, and where that is not agm's, below `/agm`. Nothing secret is part of the question.
pub(crate) async fn who_answers(http: &reqwest::Client, base: &Url) -> Answerer {
    match look(http, base, &["ni_status", "health"]).await {
        Answerer::SomethingElse(what) => match look(http, base, &["agm", "ni_status", "health"]).await {
            Answerer::Agm(_) => Answerer::Gateway,
            _ => Answerer::SomethingElse(what),
        },
        answerer => answerer,
    }
}

async fn look(http: &reqwest::Client, base: &Url, path: &[&str]) -> Answerer {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    match http.get(url).timeout(Duration::from_secs(5)).send().await {
        Ok(response) => {
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            match header("agm-version") {
                Some(version) => Answerer::Agm(version),
                None => Answerer::SomethingElse(header("server").map(|server| format!(" ({server})")).unwrap_or_default()),
            }
        }
        Err(error) if error.is_connect() || error.is_timeout() => Answerer::Nobody,
        // It took the connection and did not speak HTTP.
        Err(_) => Answerer::SomethingElse(String::new()),
    }
}
