//! Checks that JSON is strict, without building values.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The text is not a single JSON object, repeats a name, or nests too deep.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotStrict;

/// Checks that well-formed JSON is strict too, without building the value. It may nest at most `depth` levels deep.
pub(crate) fn check(raw: &str, depth: usize) -> Result<(), NotStrict> {
    // Most values are numbers or strings without escapes, and these are always strict.
    let is_plain = match raw.as_bytes() {
        [b'"', inner @ ..] => !inner.contains(&b'\\'),
        scalar => {
            scalar.iter().all(u8::is_ascii_alphanumeric) && !scalar.iter().any(|byte| matches!(byte, b'e' | b'E'))
                || matches!(raw, "true" | "false")
        }
    };
    if is_plain {
        return Ok(());
    }
    (&mut serde_json::Deserializer::from_str(raw)).deserialize_any(Check { depth }).map_err(|_| NotStrict)
}

/// Reads the name of a member. It is borrowed if it has no escapes.
pub(crate) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Checks a value. `depth` is how many more levels of objects and arrays may be opened.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    pub(crate) depth: usize,
}

impl Check {
    pub(crate) fn deeper<E: Error>(self) -> Result<Self, E> {
        self.depth.checked_sub(1).map(|depth| Self { depth }).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if value.is_finite() { Ok(()) } else { Err(E::custom("not a number")) }
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key_seed(Text)? {
            if !names.insert(name) {
                return Err(A::Error::custom("repeated name"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}
