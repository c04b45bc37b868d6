//! Who answers at an address, asked without credentials.

use std::time::Duration;

use url::Url;

/// Who answers.
#[derive(Debug)]
pub(crate) enum Answerer {
    /// agm, of this version.
    Agm(String),
    /// Something else; what it calls itself, in brackets, if it does.
    SomethingElse(String),
    /// Nobody.
    Nobody,
}

/// Asks for health. Nothing secret is part of the question.
pub(crate) async fn who_answers(http: &reqwest::Client, base: &Url) -> Answerer {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(["ni_status", "health"]);
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
