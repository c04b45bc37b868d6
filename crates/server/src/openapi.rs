//! The OpenAPI document: generated from the handlers, completed with what holds for all of them.

use axum::Json;
use http::Method;
use utoipa::IntoResponses;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type,
};

use crate::auth;
use crate::error::ErrorBody;
use crate::health;
use crate::idempotency;
use crate::router;

/// What an operation that calls a vendor or an agent's host can be answered with beside the others.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described, never built")]
pub(crate) enum PeerErrors {
    /// A peer is at fault; the message quotes it.
    #[response(status = 502)]
    Faulty(ErrorBody),
    /// A peer was silent.
    #[response(status = 504)]
    Silent(ErrorBody),
}

/// The description of everything the management listener answers.
pub fn openapi() -> OpenApi {
    let mut document = router::described();
    document.info = InfoBuilder::new()
        .title("agm")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .build();
    let components = document.components.get_or_insert_default();
    components.security_schemes.extend(schemes().map(|(name, scheme)| (name.to_owned(), scheme.into())));
    let (name, schema) = (<ErrorBody as utoipa::ToSchema>::name(), <ErrorBody as utoipa::PartialSchema>::schema());
    components.schemas.insert(name.into_owned(), schema);
    for (status, meaning) in REFUSALS {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
        let mut response = ResponseBuilder::new().description(meaning).content("application/json", content);
        response = match status {
            "429" => response.header("Retry-After", header("Seconds", Type::Integer)),
            "405" => response.header("Allow", header("The methods that the path has", Type::String)),
            _ => response,
        };
        components.responses.insert(refused(status), response.build().into());
    }
    let mut nested = Vec::new();
    <ErrorBody as utoipa::ToSchema>::schemas(&mut nested);
    components.schemas.extend(nested);
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
            (Method::PATCH, &mut item.patch),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete(operation, &method, path);
            }
        }
    }
    document
}

/// What every operation of some shape can be answered with; those of one operation alone stand at its handler.
const REFUSALS: [(&str, &str); 14] = [
    ("400", "The request cannot be understood"),
    ("401", "No valid login"),
    ("403", "The login's role does not suffice, or the request comes from another origin"),
    ("404", "What is named does not exist"),
    ("405", "The path has no such method; no operation of this document is answered so"),
    ("409", "It contradicts the present state, or another process acts on the store"),
    ("412", "The state was changed since it was read"),
    ("413", "The body is larger than 1 MiB"),
    ("415", "The body is not declared as JSON"),
    ("422", "The request is understood, and not acceptable; `details.diagnostics` lists what is wrong"),
    ("428", "The request does not say which state it edits"),
    (
        "429",
        "Too many logins from this address wait for their answer, or too many requests like this; `Retry-After` says when to come again",
    ),
    ("500", "A fault of agm"),
    ("503", "agm cannot do it now"),
];

const INTRODUCTION: &str = "Everything agm can do, over HTTP. Every path also answers under the prefix `/agm`. Every answer carries \
`Agm-Version`. Times are RFC 3339 in UTC. Refused and failed requests are answered with `ErrorBody`; the codes are listed in \
`error-codes.md`. Each operation names the role that its login needs: a viewer may look, an operator may change everything but tokens, keys in \
clear, the master key and restoring, an admin may everything. What can be edited has an `ETag`, and an edit names it in `If-Match`; backups and \
tokens are made and removed, never edited, and have none. A method that a path does not have is answered 405 (`Refused405`) with `Allow`.";

/// The whole API
///
/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", responses((status = 200, body = Object)))]
pub(crate) async fn document() -> Json<OpenApi> {
    Json(openapi())
}

fn schemes() -> [(&'static str, SecurityScheme); 3] {
    let http = |scheme, what: &str| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).description(Some(what)).build());
    let cookie = ApiKeyValue::with_description("agm_session", "The session that `POST /api/v1/session` opens");
    [
        ("basic", http(HttpAuthScheme::Basic, "The admin's user and password")),
        ("bearer", http(HttpAuthScheme::Bearer, "An API token, the local token, or the Manager's gateway key")),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
    ]
}

/// Adds what follows from an operation's method, path, parameters and body.
fn complete(operation: &mut Operation, method: &Method, path: &str) {
    let inside = path.trim_start_matches("/api/v1/").trim_start_matches('/');
    let noun = inside.split('/').next().unwrap_or_default();
    operation.tags = Some(vec![noun.to_owned()]);
    operation.operation_id = Some(operation_id(method, path));
    name_path_parameters(operation, path);
    describe_answers(operation);
    let session = path == "/api/v1/session";
    let open = health::is_open(path) || (*method == Method::POST && session);
    if open {
        operation.security = Some(Vec::new());
    } else {
        let role = format!("{:?}", auth::needed(method, path)).to_lowercase();
        let requirement = |scheme: &str| SecurityRequirement::new(scheme, [role.clone()]);
        let mut logins = vec![requirement("basic"), requirement("bearer"), requirement("session")];
        if *method == Method::GET && session {
            // Whoever claims nothing is nobody, and is told so.
            logins.push(SecurityRequirement::default());
        }
        operation.security = Some(logins);
        if *method == Method::POST && idempotency::keeps(path) {
            operation.parameters.get_or_insert_default().push(idempotency_key().into());
        }
    }
    for status in refusals(operation, method, path, open) {
        if !operation.responses.responses.contains_key(status) {
            operation.responses.responses.insert(status.to_owned(), Ref::from_response_name(refused(status)).into());
        }
    }
}

/// A header by which a request that is sent twice acts once.
fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
    let meaning = "Makes the request act once: its answer is kept for 24 hours, and given again with `Idempotency-Replayed: true` to the same \
                   request of the same login. The same key with another request: 422.";
    let parameter = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header).required(Required::False);
    parameter.description(Some(meaning)).schema(Some(text.build())).build()
}

/// Says what answers are, which OpenAPI wants of each, and what is in their headers. Whoever made something, or began it, is told where it is.
fn describe_answers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            let meaning = match status.as_str() {
                "201" => "It was made",
                "202" => "It has begun, or waits for something",
                "204" => "Done, and there is nothing to tell",
                "502" => "A peer is at fault; the message quotes it",
                "504" => "A peer was silent",
                _ => "Done",
            };
            meaning.clone_into(&mut response.description);
        }
        if let Some(tag) = response.headers.get_mut("ETag") {
            *tag = header("Names this state, for the `If-Match` of an edit", Type::String).into();
        }
        if matches!(status.as_str(), "201" | "202") {
            let place = header("Where what was made, or begun, is", Type::String);
            response.headers.insert("Location".to_owned(), place.into());
        }
    }
}

fn header(meaning: &str, kind: Type) -> Header {
    HeaderBuilder::new().description(Some(meaning)).schema(Some(ObjectBuilder::new().schema_type(kind).build())).build()
}

fn refusals(operation: &Operation, method: &Method, path: &str, open: bool) -> Vec<&'static str> {
    let (changes, has_body) = (!auth::reads(method), operation.request_body.is_some());
    let parameters: Vec<&Parameter> = operation.parameters.iter().flatten().filter_map(inline).collect();
    let has = |place: &ParameterIn| parameters.iter().any(|parameter| parameter.parameter_in == *place);
    let conditional = parameters.iter().any(|parameter| parameter.name == "If-Match");
    let named = path.contains('{') || ["default", "manager", "explain"].iter().any(|name| path.contains(name));
    let login = !open || path.ends_with("/session");
    let applies = |status: &str| match status {
        "400" => !parameters.is_empty() || has_body || named || changes,
        "404" => named || has_body,
        "405" => false,
        "409" => changes && !open,
        "412" | "428" => conditional,
        "413" | "415" => has_body,
        "422" => changes || named || has(&ParameterIn::Query),
        // 401, 403, 429, 500, 503
        _ => login,
    };
    REFUSALS.into_iter().map(|(status, _)| status).filter(|status| applies(status)).collect()
}

/// The name under which a refusal is described.
fn refused(status: &str) -> String {
    format!("Refused{status}")
}

/// Every placeholder of the path is a parameter.
fn name_path_parameters(operation: &mut Operation, path: &str) {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let parameters = operation.parameters.get_or_insert_default();
    for name in names {
        let meaning = match (name, path) {
            ("id", path) if path.contains("/agents/") => "`manager` or `worker:<name>`",
            ("id", path) if path.contains("/backups/") => {
                "The backup's number, or `last` for the newest that differs from the configuration in force"
            }
            ("id", path) if path.contains("/models/") => "The model's id; `/` in it written `%2F`",
            ("id", _) => "The id",
            _ => "The name",
        };
        let described = parameters.iter().filter_map(inline).any(|p| p.name == name && p.parameter_in == ParameterIn::Path);
        if !described {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            parameters.insert(0, parameter.description(Some(meaning)).schema(Some(text)).build().into());
        }
    }
    if parameters.is_empty() {
        operation.parameters = None;
    }
}

fn inline(parameter: &RefOr<Parameter>) -> Option<&Parameter> {
    match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    }
}

/// `get_api_v1_routes_explain`: unique because method and path are.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path.split(['/', '.', '-']).map(|word| word.trim_matches(['{', '}'])).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    format!("{}_{}", method.as_str().to_lowercase(), words.join("_"))
}
