//! Every code that a program can meet in an answer of agm, in one place.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// A stable code. Its text is what appears in JSON.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code with its text and meaning, for the reference page.
            pub const ALL: &[(Code, &'static str, &'static str)] = &[$((Code::$name, $text, concat!($($doc),+)),)+];

            /// The code's text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)+
                }
            }
        }
    };
}

// The derived schema does not see the names that the macro above gives.
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let texts = Self::ALL.iter().map(|(_, text, _)| *text);
        let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        schema.description(Some("A stable code")).enum_values(Some(texts)).into()
    }
}

impl utoipa::ToSchema for Code {}

codes! {
    /// No agent of that name is registered.
    WorkerNotFound = "WORKER_NOT_FOUND",
    /// The agent exists, but no model was assigned to it yet.
    AssignmentNotFound = "ASSIGNMENT_NOT_FOUND",
    /// No provider of that name.
    ProviderNotFound = "PROVIDER_NOT_FOUND",
    /// A provider of that name exists already.
    ProviderExists = "PROVIDER_EXISTS",
    /// Agents or routes still need the provider.
    ProviderInUse = "PROVIDER_IN_USE",
    /// This provider type cannot be served by the embedded gateway.
    ProviderTypeUnsupported = "PROVIDER_TYPE_UNSUPPORTED",
    /// No route of that name.
    RouteNotFound = "ROUTE_NOT_FOUND",
    /// An agent of that name exists already.
    AgentExists = "AGENT_EXISTS",
    /// The agent cannot be removed.
    AgentProtected = "AGENT_PROTECTED",
    /// No switch of that id.
    SwitchNotFound = "SWITCH_NOT_FOUND",
    /// No backup of that number.
    BackupNotFound = "BACKUP_NOT_FOUND",
    /// No token of that id.
    TokenNotFound = "TOKEN_NOT_FOUND",
    /// A token of that name exists already, or there are too many.
    TokenExists = "TOKEN_EXISTS",
    /// No consumer of that name.
    ConsumerNotFound = "CONSUMER_NOT_FOUND",
    /// What the path names does not exist: nothing answers there, or there is no such thing and no code of its own for it.
    NotFound = "NOT_FOUND",
    /// The path exists, the method does not.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// A name is not of the required form.
    InvalidName = "INVALID_NAME",
    /// A model id is empty, too long or has characters that no vendor uses.
    InvalidModel = "INVALID_MODEL",
    /// The probe of the model failed; the message quotes the cause.
    ModelNotReachable = "MODEL_NOT_REACHABLE",
    /// The vendor refused the provider's key.
    VendorKeyRefused = "VENDOR_KEY_REFUSED",
    /// The vendor does not know the model.
    VendorModelUnknown = "VENDOR_MODEL_UNKNOWN",
    /// The vendor did not answer in time.
    VendorTimeout = "VENDOR_TIMEOUT",
    /// The vendor's answer was cut off or not what the protocol says.
    VendorFaulty = "VENDOR_FAULTY",
    /// The wanted routing would contradict another route or move another agent.
    RouteConflict = "ROUTE_CONFLICT",
    /// Two predicates can match the same model, so age decides between the routes.
    PredicatesOverlap = "PREDICATES_OVERLAP",
    /// A consumer that needs the route is not allowed on it.
    ConsumerMissing = "CONSUMER_MISSING",
    /// A predicate that no agent and no list needs any more.
    PredicateUnused = "PREDICATE_UNUSED",
    /// A route names a provider that does not exist.
    UnknownProvider = "UNKNOWN_PROVIDER",
    /// A temporary route was left behind.
    StrayProbeRoute = "STRAY_PROBE_ROUTE",
    /// There is no default route.
    DefaultRouteMissing = "DEFAULT_ROUTE_MISSING",
    /// The object changed since it was read.
    VersionConflict = "VERSION_CONFLICT",
    /// The request must say which version it edits (`If-Match`).
    PreconditionRequired = "PRECONDITION_REQUIRED",
    /// The same idempotency key came with another body.
    IdempotencyMismatch = "IDEMPOTENCY_MISMATCH",
    /// A stored key would go to another address than the one it was saved for.
    KeyRequired = "KEY_REQUIRED",
    /// A restart is needed and was not ordered, or was refused.
    RestartRequired = "RESTART_REQUIRED",
    /// The switch is still running.
    InProgress = "IN_PROGRESS",
    /// The switch failed and was rolled back.
    SwitchFailed = "SWITCH_FAILED",
    /// The switch failed and not everything could be undone.
    RollbackIncomplete = "ROLLBACK_INCOMPLETE",
    /// No valid login.
    AuthFailed = "AUTH_FAILED",
    /// The login's role does not allow this.
    Forbidden = "FORBIDDEN",
    /// The request came from another origin.
    OriginRefused = "ORIGIN_REFUSED",
    /// Too many attempts.
    TooManyRequests = "TOO_MANY_REQUESTS",
    /// One or more members are wrong; `details.diagnostics` lists them.
    ValidationFailed = "VALIDATION_FAILED",
    /// The body is not JSON, or not of the documented shape.
    MalformedBody = "MALFORMED_BODY",
    /// The head of the request cannot be understood: its path, its query, a header.
    MalformedRequest = "MALFORMED_REQUEST",
    /// The body is larger than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The body is not `application/json`.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
    /// A vendor or another peer failed.
    UpstreamError = "UPSTREAM_ERROR",
    /// The address is not one agm will contact.
    AddressRefused = "ADDRESS_REFUSED",
    /// Another agm process acts on this store.
    NotLeader = "NOT_LEADER",
    /// A stored secret cannot be read with the present master key.
    SecretUnreadable = "SECRET_UNREADABLE",
    /// The agent's configuration file cannot be used.
    ConfigFileUnusable = "CONFIG_FILE_UNUSABLE",
    /// Desired and actual state differ.
    Drift = "DRIFT",
    /// Somebody undoes our repairs; agm stopped repairing.
    TugOfWar = "TUG_OF_WAR",
    /// The platform cannot deliver this limit to the agent.
    LimitNotDelivered = "LIMIT_NOT_DELIVERED",
    /// The vendor's list does not name the model.
    ModelNotListed = "MODEL_NOT_LISTED",
    /// The vendor could not be reached from here.
    VendorUnreachable = "VENDOR_UNREACHABLE",
    /// agm is starting.
    Starting = "STARTING",
    /// agm is stopping.
    ShuttingDown = "SHUTTING_DOWN",
    /// The store failed.
    StoreFailed = "STORE_FAILED",
    /// A fault of agm itself.
    Internal = "INTERNAL",
}
