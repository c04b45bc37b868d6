//! The types of providers: what a user can choose, what it asks for, and how it is stored and called.
//!
//! The facts come from Console contract 3.3 and 7.8. Where agm calls another path than Higress does, because Higress converts protocols and
//! agm does not, the table says so.

use crate::api::Api;
use crate::endpoint::Auth;
use crate::provider::Provider;

mod table;

/// A type of provider.
#[derive(Debug)]
pub struct ProviderType {
    /// What is stored and typed: `deepseek`.
    pub id: &'static str,
    /// Other names people type for it.
    pub aliases: &'static [&'static str],
    /// What people read.
    pub title: &'static str,
    /// The full base URL, with its path, where the user gives none; empty where there is none to assume.
    pub base_url: &'static str,
    /// Whether it works without a key.
    pub key: KeyNeed,
    /// Where a key comes from, or how it looks.
    pub key_hint: &'static str,
    /// How this vendor's model ids begin: what hybrid routing sends its way. None for those who serve other vendors' models.
    pub prefixes: &'static [&'static str],
    /// What else it asks for.
    pub fields: &'static [Field],
    /// Whether the embedded gateway can serve it.
    pub standalone: Standalone,
    /// What it can do (contract 7.2).
    pub apis: &'static [Api],
    /// Whether it takes `stream_options.include_usage`.
    pub stream_options: bool,
    /// Whether the Console accepts the type; the others are stored as `openai` with a custom URL.
    pub console: bool,
    /// Where an address that the user gives is stored.
    pub stored_as: StoredAs,
    /// How it is called.
    pub(crate) wire: Wire,
}

/// Whether a provider works without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNeed {
    /// No.
    Required,
    /// Yes, and it may have one.
    Optional,
    /// Keys mean nothing to it.
    None,
}

/// Whether the embedded gateway can serve a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standalone {
    /// It can.
    Yes,
    /// It cannot, because.
    No(&'static str),
}

/// A member of `rawConfigs` that the user may fill in.
#[derive(Debug)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// What people read.
    pub title: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether the type is useless without it.
    pub required: bool,
    /// What is stored when the user says nothing; empty for nothing.
    pub default: &'static str,
    /// One sentence of help.
    pub hint: &'static str,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A secret text.
    Secret,
    /// Yes or no.
    Boolean,
    /// A whole number in a range.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
}

/// Where an address other than the default one is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredAs {
    /// The type has no room for it: the provider is stored as `openai` with `openaiCustomUrl`, and the type is remembered as its preset.
    OpenAi,
    /// A full URL in this member.
    Url(&'static str),
    /// A bare host in this member, always https and with the type's own path; any other address as [`StoredAs::OpenAi`].
    Domain(&'static str),
    /// Host and port in these members, always http and `/v1`; any other address as [`StoredAs::OpenAi`].
    HostPort(&'static str, &'static str),
}

/// How a type is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    /// How the key is sent.
    pub(crate) auth: Auth,
    /// APIs that want the key another way.
    pub(crate) auth_of: &'static [(Api, Auth)],
    /// What stands in front of an API's path instead of `/v1`.
    pub(crate) base: &'static str,
    /// APIs that lie elsewhere.
    pub(crate) paths: &'static [(Api, &'static str)],
    /// Where the vendor lists its models; `None` where it does not.
    pub(crate) models: Option<&'static str>,
}

/// Fields that every type has.
pub const COMMON_FIELDS: &[Field] = &[Field {
    name: "firstByteTimeout",
    title: "First-byte time-out",
    kind: FieldKind::Integer { min: 1, max: 3_600_000 },
    required: false,
    default: "",
    hint: "Milliseconds to wait for the first byte of a streamed answer.",
}];

impl ProviderType {
    /// Whether the embedded gateway can serve it.
    pub fn is_standalone(&self) -> bool {
        self.standalone == Standalone::Yes
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// The type of this id, or with this alias.
pub fn find(id_or_alias: &str) -> Option<&'static ProviderType> {
    all().find(|t| t.id == id_or_alias || t.aliases.contains(&id_or_alias))
}

/// Every type, also those that agm refuses.
pub fn all() -> impl Iterator<Item = &'static ProviderType> {
    table::all()
}

/// The types that the embedded gateway can serve.
pub fn supported() -> impl Iterator<Item = &'static ProviderType> {
    all().filter(|t| t.is_standalone())
}

/// The id that may have been meant by one that there is not: two letters off at most.
pub fn nearest(text: &str) -> Option<&'static str> {
    let distances = supported().map(|t| (letters_off(text, t.id), t.id));
    distances.filter(|(off, id)| *off <= 2 && *off < id.len() / 2).min().map(|(_, id)| id)
}

/// How many letters must be put in, taken out or changed to come from one word to the other.
fn letters_off(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// How the model ids of this provider begin. An `openai` with an address of its own is somebody else's: without a remembered preset it has
/// no prefixes.
pub fn prefixes(provider: &Provider) -> &'static [&'static str] {
    let preset = provider.preset();
    if preset == "openai" && provider.raw_configs.contains_key("openaiCustomUrl") {
        return &[];
    }
    find(preset).map_or(&[], |t| t.prefixes)
}

#[cfg(test)]
mod tests;
