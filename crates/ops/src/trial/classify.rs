//! What an answer to a probe means: proof, or a reason with a cure.

use agm_domain::code::Code;
use agm_domain::diagnostic::Diagnostic;
use agm_domain::endpoint::UnsupportedApi;
use agm_domain::provider::Provider;
use agm_domain::redact::secret_pointers;
use agm_domain::secret::Secret;
use serde_json::Value;

use super::Failure;
use super::words::{Words, looks_like_html, shown};

/// What a good answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The model it names.
    pub(crate) model: Option<String>,
}

/// Whom a probe asked, for what, and what must not be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    provider: String,
    model: Option<String>,
    secrets: Vec<Secret>,
}

impl Subject {
    /// A probe of this provider. None of its secrets is ever quoted.
    pub(crate) fn of(provider: &Provider) -> Self {
        let value = serde_json::to_value(provider).unwrap_or_default();
        let secrets = secret_pointers(&value).iter().filter_map(|p| value.pointer(p)?.as_str()).map(Secret::from).collect();
        Self { provider: provider.name.to_string(), model: None, secrets }
    }

    /// A further secret, a consumer's key say.
    pub(crate) fn and(mut self, secret: Option<&Secret>) -> Self {
        self.secrets.extend(secret.cloned());
        self
    }

    /// The model that is asked for.
    pub(crate) fn asked(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    /// The provider's name.
    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    /// A text from outside as people may read it.
    pub(crate) fn shown(&self, text: &str) -> String {
        shown(text, &self.secrets)
    }
}

/// What a complete answer to a chat request means. It is good with status 200 and a non-empty `choices`.
pub(crate) fn answer(status: u16, content_type: Option<&str>, body: &[u8], subject: &Subject) -> Result<Answer, Failure> {
    let value = json(status, content_type, body, subject)?;
    match value.get("choices").and_then(Value::as_array) {
        Some(choices) if !choices.is_empty() => Ok(Answer { model: value.get("model").and_then(Value::as_str).map(|m| subject.shown(m)) }),
        Some(_) => Err(faulty(subject, "answered without a single choice", "try again; if it stays so, try another model of it")),
        None => Err(faulty(subject, "answered something that is not a chat completion", BASE_URL)),
    }
}

/// The JSON of a good answer to any request; every other answer is a failure.
pub(crate) fn json(status: u16, content_type: Option<&str>, body: &[u8], subject: &Subject) -> Result<Value, Failure> {
    if status != 200 {
        return Err(refusal(status, body, subject));
    }
    let html = content_type.is_some_and(|t| t.starts_with("text/html")) || looks_like_html(&String::from_utf8_lossy(body));
    if html {
        return Err(faulty(subject, "answered with a web page instead of an API's answer", BASE_URL));
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Err(faulty(subject, "answered something that is not JSON", BASE_URL));
    };
    // Some vendors refuse with status 200: MiniMax says so in `base_resp`, others in `error`.
    let refused = value.get("error").is_some_and(|e| !e.is_null())
        || value.pointer("/base_resp/status_code").and_then(Value::as_i64).is_some_and(|code| code != 0);
    if refused { Err(refusal(status, body, subject)) } else { Ok(value) }
}

/// What an answer other than a good one means.
pub(crate) fn refusal(status: u16, body: &[u8], subject: &Subject) -> Failure {
    let words = Words::find(body);
    let cause = Cause::of(status, &words, subject.model.as_deref());
    let provider = &subject.provider;
    let quoted = words.shown(&subject.secrets);
    let said = if quoted.is_empty() { String::new() } else { format!(": \"{quoted}\"") };
    let model = subject.model.as_deref().map_or_else(|| "the model".to_owned(), |m| format!("`{m}`"));
    let (code, what, hint) = match cause {
        Cause::Key => (
            Code::VendorKeyRefused,
            format!("refused the key of provider `{provider}`"),
            format!("check the key: `agm provider rotate-key {provider}`"),
        ),
        Cause::Region => (
            Code::VendorKeyRefused,
            format!("does not serve provider `{provider}` from this place"),
            "use a base URL of the vendor for your region, or another vendor".to_owned(),
        ),
        Cause::Model => (
            Code::VendorModelUnknown,
            format!("does not know {model}, or the key of provider `{provider}` may not use it"),
            format!("choose one that it lists: `agm provider models {provider}`"),
        ),
        Cause::Quota => (
            Code::UpstreamError,
            format!("says that the account of provider `{provider}` is used up"),
            "top up the account at the vendor, or use another key".to_owned(),
        ),
        Cause::Busy => (
            Code::UpstreamError,
            format!("has had too many requests from provider `{provider}`"),
            "wait a minute and try again, or ask the vendor for a higher limit".to_owned(),
        ),
        Cause::Nothing => (Code::UpstreamError, format!("has nothing at the address of provider `{provider}`"), BASE_URL.to_owned()),
        Cause::Vendor => (
            Code::UpstreamError,
            format!("failed while answering provider `{provider}`"),
            "the fault is the vendor's: try again later".to_owned(),
        ),
        Cause::Request => (
            Code::UpstreamError,
            format!("refused the request of provider `{provider}`"),
            "what the vendor says tells why; check the provider's base URL and fields".to_owned(),
        ),
    };
    Failure { cause: code, message: format!("the vendor {what} (status {status}){said}"), hint, network: false }
}

/// An answer to the request for a model list that holds none.
pub(crate) fn not_a_list(subject: &Subject) -> Failure {
    faulty(subject, "answered something that is not a list of models", BASE_URL)
}

const BASE_URL: &str = "check the provider's base URL: usually it ends in `/v1`";

fn faulty(subject: &Subject, what: &str, hint: &str) -> Failure {
    let message = format!("the vendor of provider `{}` {what}", subject.provider);
    Failure { cause: Code::VendorFaulty, message, hint: hint.to_owned(), network: false }
}

/// Why a vendor refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Key,
    Region,
    Model,
    Quota,
    Busy,
    Nothing,
    Vendor,
    Request,
}

impl Cause {
    /// Statuses alone do not tell: an unknown model is a 404 at OpenAI, a 400 at DeepSeek, a 403 at Qwen; a wrong key is a 400 at Google.
    fn of(status: u16, words: &Words, model: Option<&str>) -> Self {
        let text = words.message.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        let code = |parts: &[&str]| words.codes.iter().any(|c| parts.contains(&c.to_lowercase().as_str()));
        // No vendor looks for a model before it has looked at the key; what a broken one says is about itself.
        let about_model = status != 401 && status < 500 && (code(MODEL_CODES) || model_is_unknown(&text, model));
        // new-api and its kin.
        if about_model || has(&["no available channel for model"]) {
            return Self::Model;
        }
        if code(&["unsupported_country_region_territory"]) {
            return Self::Region;
        }
        if status == 402 || code(QUOTA_CODES) || has(&["insufficient balance", "exceeded your current quota", "余额", "欠费", "overdue"])
        {
            return Self::Quota;
        }
        if matches!(status, 401 | 403) || code(KEY_CODES) || has(&["invalid api key", "incorrect api key", "api key not valid"]) {
            return Self::Key;
        }
        match status {
            429 => Self::Busy,
            404 | 405 => Self::Nothing,
            500.. => Self::Vendor,
            _ => Self::Request,
        }
    }
}

/// OpenAI, Azure, Qwen, Moonshot, Doubao, Zhipu, SiliconFlow, Mistral, in lower case.
const MODEL_CODES: &[&str] = &[
    "model_not_found",
    "deploymentnotfound",
    "modelnotfound",
    "model.accessdenied",
    "resource_not_found_error",
    "invalidendpointormodel.notfound",
    "1211",
    "20012",
    "invalid_model",
];
/// OpenAI, Qwen, Moonshot, MiniMax, Zhipu, in lower case.
const QUOTA_CODES: &[&str] = &["insufficient_quota", "arrearage", "exceeded_current_quota_error", "1008", "1113"];
/// OpenAI, Qwen, Zhipu, MiniMax, in lower case.
const KEY_CODES: &[&str] = &["invalid_api_key", "invalidapikey", "1004", "2049"];

/// Whether the words are about the model not being there. A refusal of a parameter mentions models too, but not this one.
fn model_is_unknown(text: &str, model: Option<&str>) -> bool {
    const ABSENT: [&str; 13] = [
        "does not exist",
        "not exist",
        "not found",
        "unknown",
        "no such",
        "not available",
        "not have access",
        "not a valid",
        "not supported",
        "unsupported",
        "invalid",
        "不存在",
        "不支持",
    ];
    const ENGLISH: [&str; 9] = [
        "model not exist",
        "model does not exist",
        "model not found",
        "model is not found",
        "unknown model",
        "no such model",
        "invalid model",
        "unsupported model",
        "not a valid model",
    ];
    const CHINESE: [&str; 6] = ["模型不存在", "模型未找到", "模型不可用", "不支持该模型", "无效的模型", "模型无权限"];
    // Anthropic's message for an unknown model is nothing but `model: <id>`.
    let anthropic = model.is_some_and(|m| text.trim() == format!("model: {}", m.to_lowercase()));
    let named = model.is_some_and(|m| m.len() > 2 && text.contains(&m.to_lowercase())) && ABSENT.iter().any(|a| text.contains(a));
    anthropic || named || ENGLISH.iter().chain(&CHINESE).any(|phrase| text.contains(phrase))
}

impl Failure {
    /// The stored provider cannot be called at all.
    pub(crate) fn unusable(provider: &str, found: &[Diagnostic]) -> Self {
        let reasons: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
        let hint = found.iter().find_map(|d| d.hint.clone()).unwrap_or_else(|| format!("mend it: `agm provider set {provider}`"));
        let message = format!("provider `{provider}` cannot be called: {}", reasons.join("; "));
        Self { cause: found.first().map_or(Code::ValidationFailed, |d| d.code), message, hint, network: false }
    }

    /// The provider has no such API.
    pub(crate) fn lacks(error: &UnsupportedApi) -> Self {
        let hint = "choose a provider that has a chat API".to_owned();
        Self { cause: Code::ProviderTypeUnsupported, message: error.to_string(), hint, network: false }
    }
}

#[cfg(test)]
mod tests;
