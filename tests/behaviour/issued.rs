//! An issued token is accepted: for any user, either signing fails or the backend's own guard accepts the token.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, Keys, LoginError, auth_backend};
use jwt_auth_tests::call;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fixture::{SECRET, bearer, request, settings};

/// A user that is rebuilt from the token alone.
#[derive(Clone, Debug, JwtUser)]
struct Carrier {
    #[jwt_user(id)]
    id: Id,
    #[jwt_user(claim)]
    number: f64,
    #[jwt_user(claim)]
    maybe: Option<f32>,
    #[jwt_user(claim)]
    tree: Value,
    #[jwt_user(claim)]
    numbers: Vec<f64>,
    #[jwt_user(claim)]
    small: Small,
}

/// An id that cannot be parsed from its own `Display` text if that text begins with a dash.
#[derive(Clone, Debug)]
struct Id(String);

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.starts_with('-') { Err(()) } else { Ok(Self(text.to_owned())) }
    }
}

/// A claim that serializes any value, but deserializes only values up to 200.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Small(#[serde(deserialize_with = "small")] u8);

fn small<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(deserializer)?;
    if number <= 200 { Ok(number) } else { Err(serde::de::Error::custom("too large")) }
}

#[auth_backend(kind = "bearer", user = Carrier, scopes(read = "Read", write = "Write"))]
struct Auth;

/// One login.
#[derive(Clone, Debug)]
struct Case {
    user: Carrier,
    kid: Option<String>,
    required: Vec<String>,
    jwt_id: Option<String>,
    scopes: Option<Vec<String>>,
    extras: Vec<(String, Value)>,
}

/// Any characters, including control characters. The length is often close to a limit.
fn text() -> BoxedStrategy<String> {
    let of_chars = vec(any::<char>(), 0..20).prop_map(String::from_iter);
    let long = prop_oneof![250_usize..260, 0_usize..7_000].prop_map(|length| "x".repeat(length));
    prop_oneof![8 => "[a-z-]{1,20}", 2 => of_chars, 1 => long].boxed()
}

fn json() -> BoxedStrategy<Value> {
    let float = any::<f64>().prop_map(Value::from);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float,
        text().prop_map(Value::from),
    ];
    let list = |items: Vec<Value>| Value::Array(items);
    let object = |members: Vec<(String, Value)>| Value::Object(members.into_iter().collect());
    let wide = leaf.prop_recursive(6, 24, 4, move |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(list), vec((text(), inner), 0..4).prop_map(object),]
    });
    let deep = (wide.clone(), vec(any::<bool>(), 26..34)).prop_map(move |(innermost, levels)| {
        let wrap = |inner, is_list| if is_list { list(vec![inner]) } else { object(vec![("a".to_owned(), inner)]) };
        levels.into_iter().fold(innermost, wrap)
    });
    prop_oneof![8 => wide, 1 => deep].boxed()
}

fn user() -> impl Strategy<Value = Carrier> {
    let usual = any::<f64>().prop_filter("finite", |number| number.is_finite());
    let number = prop_oneof![30 => usual, 1 => any::<f64>(), 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    let numbers = vec(number.clone(), 0..4);
    let claims = (number, any::<Option<f32>>(), json(), numbers, prop_oneof![9 => 0..200_u8, 1 => any::<u8>()]);
    (text(), claims).prop_map(|(id, (number, maybe, tree, numbers, small))| Carrier {
        id: Id(id),
        number,
        maybe,
        tree,
        numbers,
        small: Small(small),
    })
}

fn case() -> impl Strategy<Value = Case> {
    let claim = || {
        prop_oneof!["[ab]", "[ab]", Just("maybe".to_owned()), Just("tree".to_owned()), Just("sub".to_owned()), text()]
    };
    let required = prop_oneof![
        5 => Just(Vec::new()),
        1 => vec(prop_oneof!["[ab]", Just("maybe".to_owned()), Just("scope".to_owned()), Just("nbf".to_owned()), Just("jti".to_owned())], 1..3),
    ];
    let kid = proptest::option::of(prop_oneof![3 => "[a-z]{0,8}", 1 => "[a-z]{250,260}"]);
    let scopes =
        proptest::option::of(vec(prop_oneof![Just("read".to_owned()), Just("write".to_owned()), text()], 0..4));
    let extras = prop_oneof![2 => Just(Vec::new()), 1 => vec((claim(), json()), 1..3)];
    (user(), kid, required, proptest::option::weighted(0.2, text()), scopes, extras)
        .prop_map(|(user, kid, required, jwt_id, scopes, extras)| Case { user, kid, required, jwt_id, scopes, extras })
}

/// `None` if the backend itself cannot be built.
fn backend(case: &Case) -> Option<Backend<Auth>> {
    let keys = Keys::hs256(SECRET).unwrap();
    let keys = case.kid.iter().fold(keys, |keys, kid| keys.with_kid(kid));
    settings(Auth.backend()).keys(keys).require_claims(&case.required).build().ok()
}

fn issue(auth: &Backend<Auth>, case: &Case) -> Result<String, LoginError> {
    if case.jwt_id.is_none() && case.scopes.is_none() && case.extras.is_empty() {
        return auth.create_token(&case.user);
    }
    let mut login = auth.new_token(&case.user);
    if let Some(id) = &case.jwt_id {
        login = login.jwt_id(id);
    }
    if let Some(scopes) = &case.scopes {
        login = login.scopes(scopes);
    }
    case.extras.iter().fold(login, |login, (name, value)| login.extra(name, value)).sign()
}

/// The status of a request with the token to a handler behind the guard.
fn status(auth: &Backend<Auth>, token: &str) -> u16 {
    let app = auth.protect(Router::new().route("/me", get(|_: Carrier| async { Ok::<_, Infallible>("in") }))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(call(&app, request("GET", "/me", &[("authorization", &bearer(token))]))).status
}

// ONE-07
#[test]
fn a_login_fails_or_its_own_guard_accepts_the_token() {
    let (issued, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let config = Config { cases: 3_000, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&case(), |case| {
        let Some(auth) = backend(&case) else { return Ok(()) };
        match issue(&auth, &case) {
            Ok(token) => {
                issued.fetch_add(1, Ordering::Relaxed);
                prop_assert_eq!(status(&auth, &token), 200, "{:?}", auth.verified(&token));
            }
            Err(_) => {
                refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    });
    run.unwrap();
    let (issued, refused) = (issued.into_inner(), refused.into_inner());
    assert!(issued > 500 && refused > 500, "both are tried: {issued} issued, {refused} refused");
}
