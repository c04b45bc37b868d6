//! The types of providers, as a form needs them.

use agm_domain::provider_type::{COMMON_FIELDS, Field, FieldKind, KeyNeed, ProviderType, Standalone};
use serde::{Deserialize, Serialize};

/// A type of provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderTypeView {
    /// What is stored and typed.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Other names people type for it.
    pub aliases: Vec<String>,
    /// The base URL where none is given; empty where one must be.
    pub base_url: String,
    /// `required`, `optional` or `none`.
    pub key: String,
    /// Where a key comes from, or how it looks.
    pub key_hint: String,
    /// How its model ids begin.
    pub prefixes: Vec<String>,
    /// What else it asks for.
    pub fields: Vec<FieldView>,
    /// What it can do.
    pub apis: Vec<String>,
    /// Whether the embedded gateway can serve it.
    pub standalone: bool,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// A field of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// The member's name.
    pub name: String,
    /// What people read.
    pub title: String,
    /// `text`, `secret`, `boolean` or `integer`.
    pub kind: String,
    /// Smallest integer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min: Option<i64>,
    /// Largest integer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max: Option<i64>,
    /// Whether the type is useless without it.
    pub required: bool,
    /// What is stored when nothing is said; empty for nothing.
    pub default: String,
    /// One sentence of help.
    pub hint: String,
}

impl ProviderTypeView {
    pub(super) fn of(kind: &ProviderType) -> Self {
        let texts = |items: &[&str]| items.iter().map(|text| (*text).to_owned()).collect();
        let reason = match kind.standalone {
            Standalone::Yes => None,
            Standalone::No(reason) => Some(reason.to_owned()),
        };
        Self {
            id: kind.id.to_owned(),
            title: kind.title.to_owned(),
            aliases: texts(kind.aliases),
            base_url: kind.base_url.to_owned(),
            key: key_need(kind.key).to_owned(),
            key_hint: kind.key_hint.to_owned(),
            prefixes: texts(kind.prefixes),
            fields: kind.fields.iter().chain(COMMON_FIELDS).map(FieldView::of).collect(),
            apis: kind.apis.iter().map(ToString::to_string).collect(),
            standalone: reason.is_none(),
            reason,
        }
    }
}

impl FieldView {
    fn of(field: &Field) -> Self {
        let (kind, range) = match field.kind {
            FieldKind::Text => ("text", None),
            FieldKind::Secret => ("secret", None),
            FieldKind::Boolean => ("boolean", None),
            FieldKind::Integer { min, max } => ("integer", Some((min, max))),
        };
        Self {
            name: field.name.to_owned(),
            title: field.title.to_owned(),
            kind: kind.to_owned(),
            min: range.map(|(min, _)| min),
            max: range.map(|(_, max)| max),
            required: field.required,
            default: field.default.to_owned(),
            hint: field.hint.to_owned(),
        }
    }
}

/// Whether a key is needed, as it is written.
pub(super) fn key_need(need: KeyNeed) -> &'static str {
    match need {
        KeyNeed::Required => "required",
        KeyNeed::Optional => "optional",
        KeyNeed::None => "none",
    }
}
