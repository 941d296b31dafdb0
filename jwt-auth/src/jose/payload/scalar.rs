//! The values that registered claims may have. Any other value is read just as strictly, and then counts as the wrong type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::jose::json::check::Check;
use crate::jose::payload::Profile;

/// A string, a number of seconds, or a value that no registered claim may have.
pub(crate) enum Scalar<'t> {
    Text(Cow<'t, str>),
    Number(u64),
    /// A number with a fraction or an exponent. Other issuers may write times so (RFC 7519 section 2).
    Fraction(f64),
    Null,
    Other,
}

/// The value of `aud`: a list, or any other value.
pub(crate) enum ScalarOrList<'t> {
    Scalar(Scalar<'t>),
    List(Vec<Scalar<'t>>),
}

impl<'t> Scalar<'t> {
    /// `depth` is how many levels of objects and arrays the value may have.
    pub(crate) fn within(depth: usize) -> ReadScalar {
        ReadScalar(Check { depth })
    }

    pub(crate) fn text(self) -> Option<Cow<'t, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A NumericDate (RFC 7519 section 2). A sign is refused, and for our own tokens also a fraction or an exponent. A fraction is
    /// rounded with `round`.
    pub(crate) fn seconds(&self, profile: Profile, round: fn(f64) -> f64) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Fraction(seconds) if profile == Profile::Jwt => whole(round(*seconds)),
            _ => None,
        }
    }
}

/// The latest time in seconds that a fraction may stand for: the end of the year 9999.
const LATEST: f64 = 253_402_300_799.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn whole(seconds: f64) -> Option<u64> {
    (0.0..=LATEST).contains(&seconds).then_some(seconds as u64)
}

impl ScalarOrList<'_> {
    pub(crate) fn within(depth: usize) -> ReadScalarOrList {
        ReadScalarOrList(Check { depth })
    }
}

#[derive(Clone, Copy)]
pub(crate) struct ReadScalar(Check);

impl<'de> DeserializeSeed<'de> for ReadScalar {
    type Value = Scalar<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadScalar {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_unit<E>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar<'de>, E> {
        self.0.visit_f64(number).map(|()| Scalar::Fraction(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar<'de>, A::Error> {
        self.0.visit_seq(seq).map(|()| Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'de>, A::Error> {
        self.0.visit_map(map).map(|()| Scalar::Other)
    }
}

#[derive(Clone, Copy)]
pub(crate) struct ReadScalarOrList(Check);

impl<'de> DeserializeSeed<'de> for ReadScalarOrList {
    type Value = ScalarOrList<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ScalarOrList<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Anything but a list is read as a scalar.
macro_rules! as_scalar {
    ($($method:ident: $value:ty),*) => {
        $(fn $method<E: Error>(self, value: $value) -> Result<Self::Value, E> {
            ReadScalar(self.0).$method(value).map(ScalarOrList::Scalar)
        })*
    };
}

impl<'de> Visitor<'de> for ReadScalarOrList {
    type Value = ScalarOrList<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    as_scalar!(visit_borrowed_str: &'de str, visit_str: &str, visit_u64: u64, visit_bool: bool, visit_i64: i64, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(ScalarOrList::Scalar(Scalar::Null))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        ReadScalar(self.0).visit_map(map).map(ScalarOrList::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let one = ReadScalar(self.0.deeper()?);
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(one)? {
            list.push(item);
        }
        Ok(ScalarOrList::List(list))
    }
}
