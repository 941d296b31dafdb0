//! The document describes how a client gets a token of another issuer.

use jwt_auth::{Algorithm, config::Mode};
use jwt_auth::{AuthBackend, Backend, Issuer, Keys, RemoteJwks, auth_backend, routes};
use jwt_auth_tests::keys::verifying;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::fixture::User;

#[auth_backend(kind = "bearer", user = User, scopes(read = "Read"))]
struct Auth;

#[utoipa::path(get, path = "/orders")]
async fn orders(_: jwt_auth::Require<auth::Read>) {}

fn document<A: AuthBackend, M: Mode>(auth: &Backend<A, M>) -> (Value, Value) {
    let (_, document) = auth.protect(OpenApiRouter::new().routes(routes!(orders))).unwrap();
    let document = serde_json::to_value(document).unwrap();
    (document["components"]["securitySchemes"].clone(), document["paths"]["/orders"]["get"]["security"].clone())
}

fn discovered() -> Issuer {
    Issuer::new("https://id.test/").audience("api")
}

fn given(name: &str) -> Issuer {
    Issuer::new(name).keys(verifying(Algorithm::ES256, "one")).audience("api")
}

// ISS-10, A27
#[test]
fn an_issuer_with_discovery_is_open_id_connect() {
    let (schemes, security) = document(&Auth.backend().verify_only().trust(discovered()).build().unwrap());
    let url = "https://id.test/.well-known/openid-configuration";
    let expected =
        json!({ "type": "openIdConnect", "openIdConnectUrl": url, "description": "A token of `https://id.test/`." });
    assert_eq!(schemes, json!({ "Auth": expected }));
    assert_eq!(security, json!([{ "Auth": ["read"] }]));
}

// ISS-10: an issuer may have other URLs, or keys that were fetched at a URL.
#[test]
fn the_urls_of_an_issuer_can_be_named() {
    let flow = given("https://a.test").authorization_code_flow("https://a.test/authorize", "https://a.test/token");
    let url = Issuer::new("https://b.test").keys(RemoteJwks::new("https://b.test/keys")).audience("api");
    let url = url.open_id_connect_url("https://login.test/openid");
    let (schemes, security) = document(&Auth.backend().verify_only().trust(flow).trust(url).build().unwrap());
    let flow = json!({ "authorizationUrl": "https://a.test/authorize", "tokenUrl": "https://a.test/token", "scopes": { "read": "Read" } });
    assert_eq!(schemes["Auth"]["flows"]["authorizationCode"], flow);
    assert_eq!(schemes["AuthIssuer"]["openIdConnectUrl"], "https://login.test/openid");
    assert_eq!(security, json!([{ "Auth": ["read"] }, { "AuthIssuer": ["read"] }]));
}

// ISS-10: an issuer that does not say how keeps the plain bearer token possible.
#[test]
fn a_bearer_token_stays_where_an_issuer_does_not_say_how() {
    let auth = Auth.backend().verify_only().trust(given("https://a.test")).trust(discovered()).build().unwrap();
    let (schemes, _) = document(&auth);
    assert_eq!(
        (&schemes["Auth"]["scheme"], &schemes["AuthIssuer"]["type"]),
        (&json!("bearer"), &json!("openIdConnect"))
    );
    let (schemes, _) = document(&Auth.backend().verify_only().trust(given("https://a.test")).build().unwrap());
    assert_eq!(schemes.as_object().unwrap().len(), 1);
}

// A25, ISS-10: a backend that issues tokens describes its own and those of others.
#[test]
fn own_tokens_and_those_of_others_are_alternatives() {
    let own = Auth.backend().keys(Keys::hs256_ephemeral().unwrap()).issuer("https://me.test");
    let (schemes, security) = document(&own.trust(discovered()).build().unwrap());
    assert_eq!(
        (&schemes["Auth"]["scheme"], &schemes["AuthIssuer"]["type"]),
        (&json!("bearer"), &json!("openIdConnect"))
    );
    assert_eq!(security, json!([{ "Auth": ["read"] }, { "AuthIssuer": ["read"] }]));
}
