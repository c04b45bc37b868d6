//! JSON of which nothing is silently lost.

use std::fmt;

use agm_domain::code::Code;
use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, json};

use crate::error::{ApiError, ApiResult};

/// Refuses members that nobody knows.
pub(super) fn strict<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    let (read, unknown) = shaped(bytes)?;
    match unknown.first() {
        None => Ok(read),
        Some(member) => {
            let message = format!("the body has a member `{member}` that means nothing here");
            Err(malformed(message).hint("correct its name, or leave it out").detail("unknown", json!(unknown)))
        }
    }
}

/// Passes over members that nobody knows.
pub(super) fn lenient<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    Ok(shaped(bytes)?.0)
}

/// What the bytes say, and the members nobody knows.
fn shaped<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<(T, Vec<String>)> {
    let value = parse(bytes)?;
    // serde would take an array for the members in their order.
    if !value.is_object() {
        return Err(malformed("the body is not a JSON object".to_owned()).hint("see the operation in `/api/v1/openapi.json`"));
    }
    let (mut unknown, mut track) = (Vec::new(), serde_path_to_error::Track::new());
    let read = {
        let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
        T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note))
    };
    read.map(|read| (read, unknown)).map_err(|error| {
        let path = track.path().to_string();
        let place = if path == "." { "the body".to_owned() } else { format!("`{path}`") };
        malformed(format!("{place} is not as it should be: {}", without_values(&error.to_string())))
            .hint("see the operation in `/api/v1/openapi.json`")
            .detail("member", json!(path))
    })
}

fn parse(bytes: &[u8]) -> ApiResult<Value> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body is not UTF-8".to_owned()).hint("send JSON in UTF-8"))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Unique.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| malformed(format!("the body cannot be read as JSON: {}", without_values(&error.to_string()))).hint("correct it"))
}

fn malformed(message: String) -> ApiError {
    ApiError::new(Code::MalformedBody, message)
}

/// serde quotes the value that it did not expect. That can be a key in the wrong place.
fn without_values(message: &str) -> String {
    let quoted = [("string \"", "a string"), ("unknown variant `", "this value is not one of those there are")];
    for (opening, instead) in quoted {
        if let (Some(from), Some(to)) = (message.find(opening), message.rfind(", expected "))
            && from < to
        {
            return format!("{}{instead}{}", &message[..from], &message[to..]);
        }
    }
    message.to_owned()
}

/// A value in which no object has a member twice: two readers could take different ones.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(Unique)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Unique)?;
            if read.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the member `{name}` is given twice")));
            }
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests;
