//! Reads JSON strictly: a single object, no repeated name at any level, bounded depth, and nothing after the object.

pub(crate) mod check;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub(crate) use crate::jose::json::check::{Check, NotStrict, check};

/// How many levels a payload may have. The payload itself is the first.
pub(crate) const MAX_DEPTH: usize = 32;

/// Whether the value nests objects and arrays more than `depth` levels deep. Nothing else has to be checked: a [`Value`] has no
/// repeated names, and all of its numbers can be read.
pub(crate) fn is_deeper_than(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => match depth.checked_sub(1) {
            Some(depth) => items.iter().any(|item| is_deeper_than(item, depth)),
            None => true,
        },
        Value::Object(members) => match depth.checked_sub(1) {
            Some(depth) => members.values().any(|member| is_deeper_than(member, depth)),
            None => true,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Reads one object from all of `bytes`. `depth` counts the object itself, so 1 allows no nesting.
pub(crate) fn object(bytes: &[u8], depth: usize) -> Result<Map<String, Value>, NotStrict> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(Check { depth }).deserialize(&mut deserializer).map_err(|_| NotStrict)?;
    deserializer.end().map_err(|_| NotStrict)?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(NotStrict),
    }
}

/// Like [`Check`], but builds the value.
#[derive(Clone, Copy)]
struct Strict(Check);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = Self(self.0.deeper()?);
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = Self(self.0.deeper()?);
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated name"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // JWS-04, JWS-13
    #[test]
    fn only_one_object_without_repeated_names_is_read() {
        assert!(object(br#"{"a":1,"b":{"c":[true,null,"x",-1,1.5]}}"#, 8).is_ok());
        let bad: [&[u8]; 12] = [
            b"",
            b"[]",
            b"1",
            b"null",
            b"{} {}",
            b"{}x",
            b"\xef\xbb\xbf{}",
            br#"{"a":1,"a":1}"#,
            br#"{"b":{"a":1,"\u0061":2}}"#,
            br#"{"b":[{"a":1,"a":2}]}"#,
            b"{\"a\":\"\xff\"}",
            br#"{"a":1e999}"#,
        ];
        for text in bad {
            assert_eq!(object(text, 8), Err(NotStrict), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text =
            br#"{"a":null,"b":true,"c":false,"d":1.5,"e":-7,"f":"x\u0041\n","g":[0,18446744073709551615],"h":{}}"#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(object(text, 8).map(Value::Object), Ok(expected));
    }

    // JWS-04, JWS-13
    #[test]
    fn depth_is_bounded() {
        assert!(object(br#"{"a":[[1]]}"#, 3).is_ok());
        assert_eq!(object(br#"{"a":[[[1]]]}"#, 3), Err(NotStrict));
        let nested: Value = serde_json::from_str("[[1]]").unwrap();
        assert!(is_deeper_than(&nested, 1) && !is_deeper_than(&nested, 2));
        let nested: Value = serde_json::from_str(r#"{"a":[],"b":{"c":{}}}"#).unwrap();
        assert!(is_deeper_than(&nested, 2) && !is_deeper_than(&nested, 3));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(object(deep.as_bytes(), 32), Err(NotStrict));
    }

    proptest::proptest! {
        // REL-01
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let _ = object(&bytes, 4);
        }

        #[test]
        fn reads_the_same_values_as_serde_json(name in ".{0,8}", number in proptest::num::i64::ANY, text in ".{0,8}") {
            let value = serde_json::json!({ name: [number, text] });
            let bytes = serde_json::to_vec(&value).unwrap();
            proptest::prop_assert_eq!(object(&bytes, 8).map(Value::Object), Ok(value));
        }
    }
}
