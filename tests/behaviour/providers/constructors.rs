//! The methods that are named after the providers: the name of the issuer, the default audience, and mistakes. The keys are given,
//! because those of the real hosts are out of reach.

use axum::{Json, Router, routing::get};
use jwt_auth::issuer::Provider;
use jwt_auth::keys::VerifyingKeys;
use jwt_auth::{Algorithm, Issuer, RemoteJwks};
use jwt_auth_tests::serve;
use serde_json::{Value, json};

use super::recorded::{KEY, Recorded, app, me, merged, public_key};
use super::{mistakes, refused};

const TENANT: &str = "33333333-dddd-4eee-8fff-444444444444";
const OTHER: &str = "44444444-dddd-4eee-8fff-444444444444";
/// The tenant of personal accounts.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The keys of the recorded providers that sign with RS256.
fn keys() -> VerifyingKeys {
    let key = merged(&public_key(Algorithm::RS256), &json!({ "alg": "RS256" }));
    VerifyingKeys::from_jwks(json!({ "keys": [key] }).to_string()).unwrap()
}

/// The keys, published on loopback with these members more.
async fn published(members: Value) -> RemoteJwks {
    let set = json!({ "keys": [merged(&public_key(Algorithm::RS256), &members)] });
    let address = serve(Router::new().route("/keys", get(async move || Json(set)))).await;
    RemoteJwks::new(format!("http://{address}/keys")).assume_algorithm(Algorithm::RS256).allow_http_on_loopback()
}

// Each method makes the `iss` that the provider writes.
#[tokio::test]
async fn the_methods_know_the_names() {
    let guid = "99999999-aaaa-4bbb-8ccc-222222222222";
    let cases = [
        (
            Provider::Keycloak,
            Issuer::keycloak("https://id.example.com/realms/shop"),
            "https://id.example.com/realms/shop",
        ),
        (
            Provider::Entra,
            Issuer::entra(TENANT),
            "https://login.microsoftonline.com/33333333-dddd-4eee-8fff-444444444444/v2.0",
        ),
        (Provider::Entra, Issuer::entra_v1(TENANT), "https://sts.windows.net/33333333-dddd-4eee-8fff-444444444444/"),
        (Provider::Auth0, Issuer::auth0("https://shop.auth0.com/"), "https://shop.auth0.com/"),
        (Provider::Auth0, Issuer::auth0("https://shop.auth0.com"), "https://shop.auth0.com/"),
        (Provider::Okta, Issuer::okta("https://shop.okta.com/oauth2/default"), "https://shop.okta.com/oauth2/default"),
        (
            Provider::Cognito,
            Issuer::cognito("eu-west-1_Ab1"),
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1",
        ),
        (
            Provider::Cognito,
            Issuer::cognito("https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1"),
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1",
        ),
        (Provider::Google, Issuer::google(), "https://accounts.google.com"),
        (Provider::Apple, Issuer::apple(), "https://appleid.apple.com"),
        (Provider::Clerk, Issuer::clerk("https://clerk.example.com"), "https://clerk.example.com"),
        (Provider::Zitadel, Issuer::zitadel("https://shop.zitadel.cloud"), "https://shop.zitadel.cloud"),
        (
            Provider::Authentik,
            Issuer::authentik("https://auth.example.com/application/o/shop/"),
            "https://auth.example.com/application/o/shop/",
        ),
        (Provider::Hydra, Issuer::hydra("https://auth.example.com"), "https://auth.example.com"),
        (Provider::Duende, Issuer::duende("https://ids.example.com"), "https://ids.example.com"),
        (
            Provider::CloudflareAccess,
            Issuer::cloudflare_access("https://shop.cloudflareaccess.com"),
            "https://shop.cloudflareaccess.com",
        ),
        (
            Provider::Kubernetes,
            Issuer::kubernetes("https://kubernetes.default.svc.cluster.local"),
            "https://kubernetes.default.svc.cluster.local",
        ),
        (
            Provider::GitHubActions,
            Issuer::github_actions().callers(["acme/shop"]),
            "https://token.actions.githubusercontent.com",
        ),
        (Provider::GitLab, Issuer::gitlab("https://gitlab.example.com").callers(["g/p"]), "https://gitlab.example.com"),
    ];
    for (provider, issuer, name) in cases {
        let recorded = Recorded::start(provider).await;
        let issuer = issuer.audience(recorded.text("audience")).keys(keys());
        let token = recorded.token("access", &json!({ "iss": name, "$header": { "kid": null } }));
        let answer = me(&app([issuer.clone()]), &token).await;
        let answer = answer.unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!((&answer["issuer"], &answer["id"]), (&json!(name), &json!(recorded.text("subject"))));
        let near = recorded.token("access", &json!({ "iss": format!("{name}x"), "$header": { "kid": null } }));
        refused(issuer, &near, "another issuer", name).await;
    }
    // Azure AD B2C has two forms of the name, and the first is what the application sees.
    let recorded = Recorded::start(Provider::Entra).await;
    for name in ["https://shop.b2clogin.com/{}/v2.0/", "https://shop.b2clogin.com/tfp/{}/b2c_1_signin/v2.0/"] {
        let issuer = Issuer::entra_b2c("shop", guid, "B2C_1_signin").audience(recorded.text("audience")).keys(keys());
        let b2c = |change: Value| {
            let claims = json!({ "iss": name.replace("{}", guid), "$header": { "kid": null }, "tfp": "B2C_1_signin",
                "scp": "read write", "ver": "1.0", "aud": recorded.text("audience") });
            recorded.token("access", &merged(&claims, &change))
        };
        let answer = me(&app([issuer.clone()]), &b2c(json!({ "sub": "6666" }))).await.unwrap();
        let first = format!("https://shop.b2clogin.com/{guid}/v2.0/");
        assert_eq!((&answer["issuer"], &answer["id"]), (&json!(first), &json!("6666")));
        refused(issuer, &b2c(json!({ "aud": "other" })), "another audience", name).await;
    }
}

// Google writes its name in two ways.
#[tokio::test]
async fn google_has_two_spellings() {
    let recorded = Recorded::start(Provider::Google).await;
    let app = app([Issuer::google().audience(recorded.text("audience")).keys(keys())]);
    let token = recorded.token("access", &json!({ "iss": "accounts.google.com", "$header": { "kid": null } }));
    assert_eq!(me(&app, &token).await.unwrap()["issuer"], "https://accounts.google.com");
}

// The provider always writes the same audience, so it need not be named.
#[tokio::test]
async fn some_have_an_audience_by_default() {
    let recorded = Recorded::start(Provider::Firebase).await;
    let token = |change: Value| {
        let own = json!({ "iss": "https://securetoken.google.com/shop-1", "$header": { "kid": null } });
        recorded.token("access", &merged(&own, &change))
    };
    let firebase = || Issuer::firebase("shop-1").keys(keys());
    assert_eq!(me(&app([firebase()]), &token(Value::Null)).await.unwrap()["id"], "u1");
    refused(firebase(), &token(json!({ "aud": "shop-2" })), "another audience", "another project").await;

    let recorded = Recorded::start(Provider::Supabase).await;
    let name = "https://abcd.supabase.co/auth/v1";
    let key = merged(&public_key(Algorithm::ES256), &json!({ "alg": "ES256" }));
    let keys = VerifyingKeys::from_jwks(json!({ "keys": [key] }).to_string()).unwrap();
    let supabase = || Issuer::supabase(name).keys(keys.clone());
    let own = json!({ "iss": name, "$header": { "kid": null } });
    assert_eq!(me(&app([supabase()]), &recorded.token("access", &own)).await.unwrap()["id"], "7e");
    refused(supabase().audience("other"), &recorded.token("access", &own), "another audience", "named").await;

    for issuer in [Issuer::auth0("https://shop.auth0.com"), Issuer::cognito("eu-west-1_Ab1"), Issuer::google()] {
        assert!(mistakes(issuer).contains("`audience` is missing"));
    }
}

#[test]
fn mistakes_in_the_arguments_are_named() {
    for tenant in ["common", "shop.onmicrosoft.com", "", "33333333dddd4eee8fff444444444444"] {
        assert!(mistakes(Issuer::entra(tenant).audience("a")).contains("a UUID"), "{tenant}");
    }
    assert!(mistakes(Issuer::okta("https://shop.okta.com").audience("a")).contains("org server"));
    assert!(mistakes(Issuer::github_actions().audience("a")).contains("`callers` is missing"));
    assert!(mistakes(Issuer::gitlab("https://gitlab.com").audience("a")).contains("`callers` is missing"));
    assert!(mistakes(Issuer::google().audience("https://api.example.com")).contains("`callers` is missing"));
    let mixed = Issuer::google().audience("1-a.apps.googleusercontent.com").audience("https://api.example.com");
    assert!(mistakes(mixed).contains("`callers` is missing"));
}

// ISS-06, FIELD-REPORTS A13: two tenants, of which one is allowed. Microsoft's keys say for which tenants they are.
#[tokio::test]
async fn the_tenants_of_entra() {
    let recorded = Recorded::start(Provider::Entra).await;
    let name = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    let token = |tenant: &str, tid: &str| {
        recorded.token("access", &json!({ "iss": name(tenant), "tid": tid, "$header": { "kid": KEY } }))
    };
    let issuer = |keys: RemoteJwks| {
        Issuer::entra_tenants(|tenant| [TENANT, PERSONAL, "common"].contains(&tenant))
            .audience(recorded.text("audience"))
            .keys(keys.honour_key_issuer())
    };
    let templated = json!({ "kid": KEY, "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" });
    let app_of_all = app([issuer(published(templated).await)]);
    let answer = me(&app_of_all, &token(TENANT, TENANT)).await.unwrap();
    assert_eq!(answer["issuer"], name(TENANT));
    assert!(me(&app_of_all, &token(OTHER, OTHER)).await.unwrap_err().contains("another issuer"));
    // A tenant is a UUID, whatever the check says.
    assert!(me(&app_of_all, &token("common", "common")).await.unwrap_err().contains("another issuer"));

    let personal = json!({ "kid": KEY, "issuer": name(PERSONAL) });
    let app_of_one = app([issuer(published(personal).await)]);
    assert!(me(&app_of_one, &token(PERSONAL, PERSONAL)).await.is_ok());
    assert!(me(&app_of_one, &token(TENANT, TENANT)).await.unwrap_err().contains("no key"));
    let without = recorded.token("access", &json!({ "iss": name(TENANT), "tid": null, "$header": { "kid": KEY } }));
    assert!(me(&app_of_all, &without).await.unwrap_err().contains("`tid`"));
}
