//! Several keys that verify: given one by one, or as a JWK Set (RFC 7517 section 5).

use crate::jose::algorithm::Algorithm;
use crate::jose::key_error::KeyError;
use crate::keys::key_set::{KeySet, Names};
use crate::keys::published::{Published, Reading, listed};
use crate::keys::verifying_key::VerifyingKey;

/// The keys of an issuer, for a service that only verifies.
///
/// ```no_run
/// use jwt_auth::{Algorithm, keys::{VerifyingKey, VerifyingKeys}};
/// let one = VerifyingKeys::from(VerifyingKey::from_pem(Algorithm::ES256, std::fs::read("public.pem")?)?);
/// let set = VerifyingKeys::from_jwks(std::fs::read("jwks.json")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias("jwks"))]
pub struct VerifyingKeys {
    keys: Vec<VerifyingKey>,
    names: Names,
}

impl VerifyingKeys {
    /// Several keys. `build()` fails if two have the same name, or if there are HMAC secrets and public keys and one of the
    /// secrets has no name. While there are both, for an issuer that moves from a secret to a key pair, a token without `kid`
    /// is refused.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        Self { keys: keys.into_iter().collect(), names: Names::Unique }
    }

    /// The public keys of a JWK Set (RFC 7517 section 5). A key that cannot be used costs only itself: it is left out, and a
    /// warning in the log names it and says why. Private keys, HMAC secrets (`oct`), encryption keys and unknown algorithms
    /// are left out. Of keys with the same `kid`, the `alg` of the token decides; if that is the same too, the same key
    /// counts once, and different keys are left out. At most 256 keys are read.
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwk`] if the text is not a JWK Set, [`KeyError::NoneUsable`] if it has no key that can be used.
    #[doc(alias("jwks"))]
    pub fn from_jwks(json: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        Self::read(json.as_ref(), &Reading::default())
    }

    /// Like [`from_jwks`](Self::from_jwks), and a key without `alg` has this algorithm, unless its curve determines it.
    ///
    /// # Errors
    ///
    /// As [`from_jwks`](Self::from_jwks).
    pub fn from_jwks_assume_algorithm(json: impl AsRef<[u8]>, algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::read(json.as_ref(), &Reading { assumed: Some(algorithm), ..Reading::default() })
    }

    fn read(json: &[u8], reading: &Reading) -> Result<Self, KeyError> {
        let Published { keys, left_out } = Published::read(json, reading)?;
        if !left_out.is_empty() {
            tracing::warn!(target: "jwt_auth", keys = %listed(&left_out), "keys of a JWK Set were left out");
        }
        Ok(Self { keys, names: Names::UniqueByAlgorithm })
    }

    pub(crate) fn into_key_set(self) -> Result<KeySet, KeyError> {
        KeySet::with_names(None, &self.keys, self.names)
    }
}

impl From<VerifyingKey> for VerifyingKeys {
    fn from(key: VerifyingKey) -> Self {
        Self::new([key])
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::error::TokenError;
    use crate::jose::header::Header;
    use crate::keys::formats::jwk::public_members;

    const ONE: &str = include_str!("formats/throw_away/p256_public.pem");
    const TWO: &str = include_str!("formats/throw_away/p256_other_public.pem");
    const RSA: &str = include_str!("formats/throw_away/rsa_pkcs1_public.pem");

    fn jwk(algorithm: Algorithm, pem: &str) -> Value {
        let key = VerifyingKey::from_pem(algorithm, pem).unwrap();
        let mut jwk = json!(public_members(key.public().unwrap(), algorithm, ""));
        jwk.as_object_mut().unwrap().remove("kid");
        jwk
    }

    fn with(mut jwk: Value, name: &str, value: Value) -> Value {
        jwk[name] = value;
        jwk
    }

    fn ec(pem: &str, kid: &str) -> Value {
        with(jwk(Algorithm::ES256, pem), "kid", kid.into())
    }

    fn text(keys: &[Value]) -> String {
        json!({ "keys": keys, "more": { "a": [[[[[[[[[[[[1]]]]]]]]]]]] } }).to_string()
    }

    fn read(keys: &[Value]) -> Published {
        Published::read(text(keys).as_bytes(), &Reading::default()).unwrap()
    }

    fn key_set(keys: &[Value]) -> KeySet {
        VerifyingKeys::from_jwks(text(keys)).unwrap().into_key_set().unwrap()
    }

    fn find<'s>(set: &'s KeySet, header: &str) -> Result<&'s VerifyingKey, TokenError> {
        set.find(&Header::parse(header.as_bytes()).unwrap())
    }

    // KEY-10, A17
    #[test]
    fn a_bad_key_costs_only_itself() {
        let secret = json!({ "kty": "oct", "kid": "h", "k": "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E" });
        let rsa = || jwk(Algorithm::RS256, RSA);
        let mut without_alg = with(rsa(), "kid", "a".into());
        without_alg.as_object_mut().unwrap().remove("alg");
        let bad = [
            (json!(7), "key 1: it is not a JSON object"),
            (secret, "`h`: it is a secret"),
            (with(ec(ONE, "d"), "d", json!("AA")), "`d`: it is a private key"),
            (with(ec(ONE, "e"), "use", json!("enc")), "`e`: `use` is not `sig`"),
            (with(ec(ONE, "u"), "alg", json!("ES256K")), "`u`: `alg` is not a supported"),
            (json!({ "kty": "EC", "crv": "P-521", "kid": "5" }), "`5`: `crv` is not a supported curve"),
            (json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44" }), "`pq`: `alg` is not a supported"),
            (with(ec(ONE, "x"), "x", json!("AA")), "`x`: a coordinate"),
            (with(jwk(Algorithm::ES256, ONE), "kid", json!(7)), "key 9: a member that must be text is not"),
            (without_alg, "`a`: `alg` is missing; name the algorithm with `assume_algorithm`"),
        ];
        let bad_keys: Vec<Value> = bad.iter().map(|(key, _)| key.clone()).collect();
        let set = read(&[bad_keys.clone(), vec![with(ec(ONE, "good"), "x5c", json!([["deep"]]))]].concat());
        assert_eq!((set.keys.len(), set.keys[0].kid()), (1, Some("good")));
        assert_eq!(set.left_out.len(), bad.len());
        for (found, (_, says)) in set.left_out.iter().zip(&bad) {
            assert!(found.starts_with(says), "{found}");
        }
        let none = VerifyingKeys::from_jwks(text(&bad_keys)).unwrap_err().to_string();
        assert!(
            none.starts_with("the set has no key that can be used; key 1: ") && none.contains("`a`: `alg`"),
            "{none}"
        );
        let assumed = VerifyingKeys::from_jwks_assume_algorithm(text(&bad_keys), Algorithm::RS256).unwrap();
        assert_eq!(assumed.into_key_set().unwrap().kids(), [Some("a".into())]);
        for empty in ["{}", r#"{"keys":[]}"#] {
            assert_eq!(VerifyingKeys::from_jwks(empty).unwrap_err().to_string(), "the set has no keys");
        }
        for wrong in ["", "[]", r#"{"keys":{}}"#, "<html>"] {
            assert!(matches!(VerifyingKeys::from_jwks(wrong), Err(KeyError::Jwk(_))), "{wrong}");
        }
    }

    // KEY-06, A17
    #[test]
    fn of_equal_names_the_algorithm_decides() {
        let rsa = |alg| with(jwk(alg, RSA), "kid", "k".into());
        let keys = [ec(ONE, "k"), rsa(Algorithm::RS256), ec(ONE, "k"), rsa(Algorithm::PS256), ec(ONE, "other")];
        let set = key_set(&keys);
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256] {
            let found = find(&set, &format!(r#"{{"alg":"{algorithm}","kid":"k"}}"#)).unwrap();
            assert_eq!(found.algorithm(), algorithm);
        }
        assert_eq!(find(&set, r#"{"alg":"RS384","kid":"k"}"#).unwrap_err(), TokenError::Algorithm);
        assert_eq!(find(&set, r#"{"alg":"HS256","kid":"k"}"#).unwrap_err(), TokenError::Algorithm);
        assert_eq!(set.kids(), [Some("k".into()), Some("other".into())]);
        assert!(read(&keys).left_out.is_empty());

        let doubled = [ec(ONE, "k"), ec(TWO, "k"), ec(ONE, "k"), rsa(Algorithm::RS256)];
        assert_eq!(read(&doubled).left_out, ["`k`: different keys have this `kid` and the algorithm ES256"]);
        assert!(find(&key_set(&doubled), r#"{"alg":"ES256","kid":"k"}"#).is_err());
        assert!(find(&key_set(&doubled), r#"{"alg":"RS256","kid":"k"}"#).is_ok());
        let none = VerifyingKeys::from_jwks(text(&doubled[..2])).unwrap_err().to_string();
        assert!(none.contains("different keys have this `kid`"), "{none}");
    }

    // JWS-11
    #[test]
    fn a_key_without_a_name_is_for_tokens_without_one() {
        let nameless = || jwk(Algorithm::ES256, ONE);
        let rsa = with(jwk(Algorithm::RS256, RSA), "kid", "r".into());
        for set in [key_set(&[nameless(), rsa.clone()]), key_set(&[ec(ONE, ""), rsa.clone(), nameless()])] {
            for header in [r#"{"alg":"ES256"}"#, r#"{"alg":"ES256","kid":""}"#] {
                assert_eq!(find(&set, header).unwrap().algorithm(), Algorithm::ES256);
            }
            assert!(find(&set, r#"{"alg":"RS256"}"#).is_ok());
            assert_eq!(find(&set, r#"{"alg":"ES256","kid":"x"}"#).unwrap_err(), TokenError::unknown_key(Some("x")));
        }
        let two = key_set(&[nameless(), ec(TWO, "k")]);
        assert_eq!(find(&two, r#"{"alg":"ES256"}"#).unwrap_err(), TokenError::unknown_key(None));
        assert!(find(&two, r#"{"alg":"ES256","kid":"k"}"#).is_ok());
    }

    #[test]
    fn no_more_keys_are_read_than_the_setting_says() {
        let keys: Vec<Value> = (0..300).map(|n| ec(ONE, &n.to_string())).collect();
        let set = read(&keys);
        assert_eq!((set.keys.len(), &*set.left_out), (256, &["44 more: `max_keys` is 256".to_owned()][..]));
        let bad: Vec<Value> = (0..100).map(|n| json!(n)).collect();
        let error = VerifyingKeys::from_jwks(text(&bad)).unwrap_err().to_string();
        assert!(error.ends_with("; and 84 more"), "{error}");
    }

    // CLM-06
    #[test]
    fn a_key_is_for_the_issuer_that_it_names_if_this_is_honoured() {
        let key = |issuer: &str| with(ec(ONE, "k"), "issuer", issuer.into());
        let serves = |issuer: &str, honours_issuer, asked: &str| {
            let reading = Reading { honours_issuer, ..Reading::default() };
            let set = Published::read(text(&[key(issuer)]).as_bytes(), &reading).unwrap();
            set.keys[0].serves(asked)
        };
        assert!(serves("https://a.test/{tenantid}/v2.0", true, "https://a.test/7/v2.0"));
        assert!(serves("https://a.test/7/v2.0", true, "https://a.test/7/v2.0"));
        assert!(!serves("https://a.test/7/v2.0", true, "https://a.test/8/v2.0"));
        assert!(serves("https://a.test/7/v2.0", false, "https://a.test/8/v2.0"));
        assert!(read(&[ec(ONE, "k")]).keys[0].serves("https://a.test"));
    }
}
