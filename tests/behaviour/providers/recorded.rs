//! A recorded provider on loopback: it serves the discovery document and the keys where the provider has them, and signs any token.

use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::hmac;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::issuer::Provider;
use jwt_auth::{Algorithm, Issuer, JwtUser, Protected, RejectionReason, Require, Token, auth_backend};
use jwt_auth_tests::keys::{pair, sign, signing};
use jwt_auth_tests::{call, call_with, serve};
use serde_json::{Map, Value, json};

use crate::fixture::{bearer, request};

/// A moment at which the recorded tokens are valid.
pub(crate) const NOW: i64 = 1_790_000_010;
/// The name of the key pair of every recorded provider.
pub(crate) const KEY: &str = "recorded";

static FIXTURES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("fixtures.json")).expect("the table of fixtures"));

#[derive(Clone, JwtUser)]
pub(crate) struct Caller {
    #[jwt_user(id)]
    pub(crate) id: String,
}

#[auth_backend(kind = "bearer", user = Caller, scopes("orders:read" = "Read orders"))]
pub(crate) struct Shop;

/// A provider that is served on loopback.
pub(crate) struct Recorded {
    pub(crate) provider: Provider,
    /// Its row in the table.
    pub(crate) fixture: &'static Value,
    pub(crate) base: String,
    fetched: Arc<Mutex<Vec<String>>>,
}

impl Recorded {
    pub(crate) async fn start(provider: Provider) -> Self {
        jwt_auth_tests::trace::trace_to_file();
        let fixture = &FIXTURES[provider.name()];
        assert!(fixture.is_object(), "{provider} has no fixture");
        let served = Arc::new(Mutex::new(Map::new()));
        let fetched = Arc::new(Mutex::new(Vec::new()));
        let answer = {
            let (served, fetched) = (Arc::clone(&served), Arc::clone(&fetched));
            move |uri: http::Uri| async move { answer(&served, &fetched, uri.path()) }
        };
        let base = format!("http://{}", serve(Router::new().fallback(get(answer))).await);
        let recorded = Self { provider, fixture, base, fetched };
        *served.lock().unwrap() = recorded.documents();
        recorded
    }

    /// The documents by path.
    fn documents(&self) -> Map<String, Value> {
        let jwks = self.fixture["jwks"].as_str().unwrap();
        let mut keys = vec![merged(&public_key(self.algorithm()), &self.fixture["key"])];
        if let Some(issuer) = keys[0].get("issuer").and_then(Value::as_str) {
            keys[0]["issuer"] = issuer.replace("$base", &self.base).into();
        }
        keys.extend(self.fixture["other_keys"].as_array().into_iter().flatten().cloned());
        let set = merged(&json!({ "keys": keys }), &self.fixture["set"]);
        let mut documents = Map::from_iter([(jwks.to_owned(), set)]);
        if self.fixture["no_discovery"].is_null() {
            let issuer = match self.fixture["discovery_issuer"].as_str() {
                Some(path) => format!("{}{path}", self.base),
                None => self.issuer(),
            };
            let path = self.fixture["path"].as_str().unwrap().trim_end_matches('/');
            let configuration = json!({ "issuer": issuer, "jwks_uri": format!("{}{jwks}", self.base) });
            documents.insert(format!("{path}/.well-known/openid-configuration"), configuration);
        }
        documents
    }

    fn algorithm(&self) -> Algorithm {
        if self.fixture["header"]["alg"] == "ES256" { Algorithm::ES256 } else { Algorithm::RS256 }
    }

    /// The `iss` of its tokens: its address with the provider's path.
    pub(crate) fn issuer(&self) -> String {
        format!("{}{}", self.base, self.fixture["path"].as_str().unwrap())
    }

    /// The paths that were asked for.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.fetched.lock().unwrap().clone()
    }

    pub(crate) fn text(&self, name: &str) -> &'static str {
        self.fixture[name].as_str().unwrap_or_default()
    }

    pub(crate) fn list(&self, name: &str) -> &'static [Value] {
        self.fixture[name].as_array().map_or(&[], Vec::as_slice)
    }

    /// The members of an object of the fixture, such as the tokens that are refused.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = (&'static String, &'static Value)> + use<> {
        self.fixture[name].as_object().into_iter().flatten()
    }

    /// The issuer as an application writes it.
    pub(crate) fn preset(&self) -> Issuer {
        let callers: Vec<&str> = self.list("callers").iter().filter_map(Value::as_str).collect();
        let issuer = Issuer::of(self.provider, self.issuer()).callers(callers);
        if self.fixture["has_default_audience"] == true { issuer } else { issuer.audience(self.text("audience")) }
    }

    /// One of its tokens (`access`, `id`, `machine`) with a change. The member `$header` changes the header.
    pub(crate) fn token(&self, kind: &str, change: &Value) -> String {
        let times = json!({ "iss": self.issuer(), "iat": 1_790_000_000, "exp": 1_790_003_600 });
        let mut claims = merged(&merged(&times, &self.fixture[kind]), change);
        claims.as_object_mut().unwrap().remove("$header");
        let header = merged(&self.fixture["header"], &self.fixture[kind]["$header"]);
        self.sign(&merged(&header, &change["$header"]), &claims)
    }

    /// A token of exactly this header and payload.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        sign(self.algorithm(), KEY, header, claims)
    }

    /// The public half of its key as DER.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        pair(self.algorithm(), KEY).public
    }
}

fn answer(served: &Mutex<Map<String, Value>>, fetched: &Mutex<Vec<String>>, path: &str) -> Response {
    fetched.lock().unwrap().push(path.to_owned());
    match served.lock().unwrap().get(path) {
        Some(document) => Json(document.clone()).into_response(),
        None => http::StatusCode::NOT_FOUND.into_response(),
    }
}

/// An application with two routes behind the guard: `/me` names the user, and `/orders` asks for the scope `orders:read`.
pub(crate) fn app(issuers: impl IntoIterator<Item = Issuer>) -> Protected {
    let builder = Shop.backend().verify_only().clock(|| NOW);
    let auth = issuers.into_iter().fold(builder, |builder, issuer| builder.trust(issuer)).build().unwrap();
    auth.protect(routes()).unwrap()
}

/// The routes of [`app`].
pub(crate) fn routes() -> Router {
    let me = async |user: Caller, token: Token| {
        assert_eq!(user.id, token.subject());
        Json(json!({ "id": user.id, "issuer": token.issuer(), "scopes": token.scopes().collect::<Vec<_>>() }))
    };
    Router::new().route("/me", get(me)).route("/orders", get(async |_: Require<shop::OrdersRead>| {}))
}

/// The answer to `GET /me`, or why the token was refused.
pub(crate) async fn me(app: &Protected, token: &str) -> Result<Value, String> {
    match call_with(app, token).await {
        (200, None) => Ok(call(app, request("GET", "/me", &[("authorization", &bearer(token))])).await.json()),
        (401, Some(RejectionReason::Token(reason))) => Err(reason.to_string()),
        (status, reason) => panic!("{status}: {reason:?}"),
    }
}

/// The status of `GET /orders`.
pub(crate) async fn orders(app: &Protected, token: &str) -> u16 {
    call(app, request("GET", "/orders", &[("authorization", &bearer(token))])).await.status
}

/// A JSON merge patch (RFC 7396).
pub(crate) fn merged(value: &Value, patch: &Value) -> Value {
    let Some(patch) = patch.as_object() else { return value.clone() };
    let mut members = value.as_object().cloned().unwrap_or_default();
    for (name, change) in patch {
        match (members.get(name), change) {
            (_, Value::Null) => drop(members.remove(name)),
            (before, Value::Object(_)) => {
                let after = merged(before.unwrap_or(&json!({})), change);
                members.insert(name.clone(), after);
            }
            _ => drop(members.insert(name.clone(), change.clone())),
        }
    }
    members.into()
}

/// The members of a JWK that hold the public key.
pub(crate) fn public_key(algorithm: Algorithm) -> Value {
    let auth = Shop.backend().keys(signing(algorithm, KEY).into()).issuer("x").build().unwrap();
    let set: Value = serde_json::from_str(&auth.jwks()).unwrap();
    let members = set["keys"][0].as_object().unwrap().clone().into_iter();
    members.filter(|(name, _)| ["kty", "n", "e", "crv", "x", "y"].contains(&name.as_str())).collect()
}

pub(crate) fn segment(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// Signs with HS256.
pub(crate) fn sign_with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let input = format!("{}.{}", segment(header), segment(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
