//! Refusals in the words, the shape and the status of the vendor that is imitated.
//!
//! Statuses and codes are those the vendors were seen to answer with: DeepSeek and Zhipu refuse an unknown model with
//! 400, the others with 404.

use serde_json::{Value, json};

use crate::flavour::Flavour;

/// Why a request is not answered.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No key, or one that is not accepted. What is quoted of it was decided by the script.
    Key { quoted: String },
    /// The vendor does not serve this model.
    Model(String),
    /// No such API.
    Path(String),
    /// The request cannot be understood; `param` is the member to blame.
    Malformed { param: Option<&'static str>, message: String },
    /// A parameter that this model does not take.
    Unsupported { param: &'static str, message: String },
    /// A scripted status.
    Status(u16),
}

impl Refusal {
    pub(crate) fn malformed(param: &'static str, message: impl Into<String>) -> Self {
        Self::Malformed { param: Some(param), message: message.into() }
    }

    /// Status and body as this vendor would send them.
    pub(crate) fn told_by(&self, flavour: Flavour, number: u64) -> (u16, Value) {
        let status = self.status(flavour);
        let message = self.message(flavour);
        let body = match flavour {
            Flavour::Anthropic => json!({
                "type": "error",
                "error": { "type": anthropic_type(status), "message": message },
                "request_id": format!("req_{number:06}"),
            }),
            Flavour::Zhipu => json!({ "error": { "code": self.zhipu_code(status), "message": message } }),
            Flavour::Moonshot => json!({ "error": { "message": message, "type": moonshot_type(status) } }),
            Flavour::DeepSeek => json!({ "error": {
                "message": message,
                "type": deepseek_type(status),
                "param": null,
                "code": if status < 500 { "invalid_request_error" } else { "service_error" },
            } }),
            Flavour::OpenAi | Flavour::Qwen => {
                let (kind, code) = self.openai_codes(status);
                let mut body = json!({ "error": {
                    "message": message, "type": kind, "param": self.param(), "code": code,
                } });
                if flavour == Flavour::Qwen {
                    body["request_id"] = json!(format!("sim-{number:06}"));
                }
                body
            }
        };
        (status, body)
    }

    fn status(&self, flavour: Flavour) -> u16 {
        match self {
            Self::Key { .. } => 401,
            Self::Model(_) if matches!(flavour, Flavour::DeepSeek | Flavour::Zhipu) => 400,
            Self::Model(_) | Self::Path(_) => 404,
            Self::Malformed { .. } | Self::Unsupported { .. } => 400,
            Self::Status(status) => *status,
        }
    }

    fn message(&self, flavour: Flavour) -> String {
        match (self, flavour) {
            (Self::Key { quoted }, Flavour::DeepSeek) => {
                format!("Authentication Fails, Your api key: {quoted} is invalid")
            }
            (Self::Key { quoted }, Flavour::Moonshot) => format!("Invalid Authentication {quoted}"),
            (Self::Key { quoted }, Flavour::Zhipu) => format!("身份验证失败。{quoted}"),
            (Self::Key { quoted }, Flavour::Anthropic) => format!("invalid x-api-key {quoted}"),
            (Self::Key { quoted }, _) => format!("Incorrect API key provided: {quoted}."),
            (Self::Model(_), Flavour::DeepSeek) => "Model Not Exist".to_owned(),
            (Self::Model(_), Flavour::Zhipu) => "模型不存在，请检查模型代码。".to_owned(),
            (Self::Model(model), Flavour::Moonshot) => format!("Not found the model {model} or Permission denied"),
            (Self::Model(model), Flavour::Anthropic) => format!("model: {model}"),
            (Self::Model(model), _) => {
                format!("The model `{model}` does not exist or you do not have access to it.")
            }
            (Self::Path(path), _) => format!("Invalid URL ({path})"),
            (Self::Malformed { message, .. } | Self::Unsupported { message, .. }, _) => message.clone(),
            (Self::Status(status), _) => scripted_message(*status).to_owned(),
        }
    }

    fn param(&self) -> Option<&'static str> {
        match self {
            Self::Malformed { param, .. } => *param,
            Self::Unsupported { param, .. } => Some(param),
            _ => None,
        }
    }

    /// `type` and `code` of OpenAI's error object.
    fn openai_codes(&self, status: u16) -> (&'static str, Option<&'static str>) {
        let kind = match status {
            429 => "requests",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let code = match (self, status) {
            (Self::Path(_), _) => Some("unknown_url"),
            (Self::Unsupported { .. }, _) => Some("unsupported_parameter"),
            (_, 401) => Some("invalid_api_key"),
            (_, 403) => Some("unsupported_country_region_territory"),
            (_, 404) => Some("model_not_found"),
            (_, 429) => Some("rate_limit_exceeded"),
            _ => None,
        };
        (kind, code)
    }

    fn zhipu_code(&self, status: u16) -> &'static str {
        match (self, status) {
            (Self::Model(_), _) => "1211",
            (_, 401) => "1000",
            (_, 403) => "1220",
            (_, 429) => "1302",
            (_, 500..) => "500",
            _ => "1210",
        }
    }
}

fn scripted_message(status: u16) -> &'static str {
    match status {
        400 => "The request is not valid.",
        401 => "Incorrect API key provided.",
        403 => "You are not allowed to use this resource.",
        404 => "The requested resource does not exist.",
        429 => "Rate limit reached. Please try again later.",
        500 => "The server had an error while processing your request.",
        502 => "Bad gateway.",
        503 | 529 => "The engine is currently overloaded, please try again later.",
        _ => "The request failed.",
    }
}

fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

fn moonshot_type(status: u16) -> &'static str {
    match status {
        401 => "invalid_authentication_error",
        403 => "permission_denied_error",
        404 => "resource_not_found_error",
        429 => "rate_limit_reached_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn deepseek_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// The key as a polite vendor quotes it: the last four characters.
pub(crate) fn masked(key: &str) -> String {
    let tail: Vec<char> = key.chars().rev().take(4).collect();
    if key.chars().count() < 12 {
        return "****".to_owned();
    }
    format!("****{}", tail.into_iter().rev().collect::<String>())
}
