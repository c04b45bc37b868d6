//! Predicates: what a route asks of a request.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// How a predicate compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MatchType {
    /// The whole value.
    #[serde(rename = "EQUAL")]
    Equal,
    /// The beginning of the value, literally.
    #[serde(rename = "PRE")]
    Prefix,
    /// A regular expression over the whole value. Found in objects written by installers; ours never have it.
    #[serde(rename = "REGULAR")]
    Regular,
    /// Another way, that agm keeps and does not know: a route that asks so takes nothing here, and is reported.
    #[serde(untagged)]
    Foreign(String),
}

/// A predicate without a key (path).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// How to compare.
    pub match_type: MatchType,
    /// With what.
    pub match_value: String,
    /// Absent means yes.
    #[serde(default)]
    pub case_sensitive: Option<bool>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A predicate on a header or query parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyedPredicate {
    /// Header or parameter name.
    pub key: String,
    /// How to compare.
    pub match_type: MatchType,
    /// With what.
    pub match_value: String,
    /// Absent means yes.
    #[serde(default)]
    pub case_sensitive: Option<bool>,
    /// Members we do not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A predicate on the request's model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelPredicate {
    /// `EQUAL` or `PRE`.
    pub match_type: MatchType,
    /// The id, or how it begins.
    pub match_value: String,
    /// Members we do not know.
    #[serde(flatten)]
    #[schema(ignore)]
    pub rest: Map<String, Value>,
}

impl MatchType {
    /// The value as the Console writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Equal => "EQUAL",
            Self::Prefix => "PRE",
            Self::Regular => "REGULAR",
            Self::Foreign(text) => text,
        }
    }
}

impl fmt::Display for MatchType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By hand, because a derived schema would not be a plain text.
impl utoipa::PartialSchema for MatchType {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        let meaning = "How a predicate compares: `EQUAL`, `PRE` or `REGULAR`; in objects of others anything else, which takes nothing.";
        text.description(Some(meaning)).into()
    }
}

impl utoipa::ToSchema for MatchType {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("MatchType")
    }
}

impl ModelPredicate {
    /// Takes exactly this id.
    pub fn equal(id: &str) -> Self {
        Self { match_type: MatchType::Equal, match_value: id.to_owned(), rest: Map::new() }
    }

    /// Takes every id that begins so.
    pub fn prefix(prefix: &str) -> Self {
        Self { match_type: MatchType::Prefix, match_value: prefix.to_owned(), rest: Map::new() }
    }

    /// Whether both take the same, whatever else somebody noted about them.
    pub fn takes_same(&self, other: &Self) -> bool {
        self.match_type == other.match_type && self.match_value == other.match_value
    }

    /// Whether it takes this model. A regular expression is not evaluated here: the table does that.
    pub fn takes(&self, model: &str) -> bool {
        match self.match_type {
            MatchType::Equal => self.match_value == model,
            MatchType::Prefix => model.starts_with(&self.match_value),
            MatchType::Regular | MatchType::Foreign(_) => false,
        }
    }

    /// Whether some model is taken by both.
    pub fn overlaps(&self, other: &Self) -> bool {
        use MatchType::{Equal, Foreign, Prefix, Regular};
        match (&self.match_type, &other.match_type) {
            (Regular | Foreign(_), _) | (_, Regular | Foreign(_)) => false,
            (Equal, _) => other.takes(&self.match_value),
            (_, Equal) => self.takes(&other.match_value),
            (Prefix, Prefix) => self.match_value.starts_with(&other.match_value) || other.match_value.starts_with(&self.match_value),
        }
    }
}

impl Predicate {
    /// A path prefix, case-sensitive.
    pub fn path(prefix: &str) -> Self {
        Self { match_type: MatchType::Prefix, match_value: prefix.to_owned(), case_sensitive: Some(true), rest: Map::new() }
    }
}
