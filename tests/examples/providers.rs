//! The resource server with the presets of providers, which run on loopback: the same program for each, with other variables.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::{Json, Router, routing::get};
use jwt_auth::{Algorithm, auth_backend};
use jwt_auth_tests::keys::{sign, signing};
use jwt_auth_tests::{Answer, Example, Folder, get as call, serve};
use serde_json::{Value, json};

use crate::RESOURCE_SERVER;

/// Only a test that hangs waits for so long.
const HANGS: Duration = Duration::from_secs(60);

#[derive(Clone, jwt_auth::JwtUser)]
struct User {
    #[jwt_user(id)]
    id: String,
}

#[auth_backend(kind = "bearer", user = User)]
struct Idp;

/// A provider on loopback whose `iss` is its address and a path. It answers with its configuration and its keys at every path.
struct Provider {
    issuer: String,
}

impl Provider {
    async fn start(path: &'static str) -> Self {
        let auth = Idp.backend().keys(signing(Algorithm::RS256, "one").into()).issuer("x").build().unwrap();
        let mut set: Value = serde_json::from_str(&auth.jwks()).unwrap();
        let key = set["keys"][0].as_object_mut().unwrap();
        key.insert("kid".to_owned(), "one".into());
        let served = async move |uri: axum::http::Uri, headers: axum::http::HeaderMap| {
            let base = format!("http://{}", headers["host"].to_str().unwrap());
            let is_discovery = uri.path().ends_with("/.well-known/openid-configuration");
            let configuration = json!({ "issuer": format!("{base}{path}"), "jwks_uri": format!("{base}/keys") });
            Json(if is_discovery { configuration } else { set })
        };
        let address = serve(Router::new().fallback(get(served))).await;
        Self { issuer: format!("http://{address}{path}") }
    }

    /// The header of a request with a token of these claims, valid from a minute ago.
    fn token(&self, claims: Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut all = json!({ "iss": self.issuer, "iat": now - 60, "exp": now + 600 });
        if let Value::Object(claims) = claims {
            all.as_object_mut().unwrap().extend(claims);
        }
        let header = json!({ "alg": "RS256", "kid": "one" });
        format!("Authorization: Bearer {}", sign(Algorithm::RS256, "one", &header, &all))
    }
}

/// The example with its log.
struct Run {
    example: Example,
    folder: Folder,
}

impl Run {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new("providers");
        let example = Example::start_logged(RESOURCE_SERVER, variables, &folder.join("log")).await;
        Self { example, folder }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        call(self.example.address, path, &[token]).await
    }

    /// Checks that the token is refused, that the log says why, and that the answer does not.
    async fn refuses(&self, token: &str, because: &str) {
        let answer = self.get("/me", token).await;
        assert_eq!(answer.status, 401, "{because}");
        assert!(!answer.body.contains(because) && !answer.header("www-authenticate").unwrap().contains(because));
        let began = Instant::now();
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap();
        while !log().contains(because) {
            assert!(began.elapsed() < HANGS, "the log does not say `{because}`: {}", log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

const TENANT: &str = "33333333-dddd-4eee-8fff-444444444444";

/// A provider as the variables name it, and its tokens.
struct Case {
    provider: &'static str,
    path: &'static str,
    audience: &'static str,
    callers: &'static str,
    user: &'static str,
    /// Claims of a token that does not have the scope.
    plain: Value,
    /// Claims of a token that has it.
    granted: Option<Value>,
    /// What a token must not have, and what the log says then.
    wrong: (Value, &'static str),
}

fn with(claims: &Value, change: &Value) -> Value {
    let mut all = claims.clone();
    all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    all
}

fn cases() -> [Case; 5] {
    [
        Case {
            provider: "keycloak",
            path: "/realms/shop",
            audience: "orders",
            callers: "",
            user: "3b1e",
            plain: json!({ "aud": ["orders", "account"], "sub": "3b1e", "typ": "Bearer", "azp": "web", "scope": "email" }),
            granted: Some(json!({ "realm_access": { "roles": ["orders:read"] } })),
            wrong: (json!({ "typ": "Refresh" }), "the claim `typ` does not have a value"),
        },
        Case {
            provider: "entra",
            path: "/33333333-dddd-4eee-8fff-444444444444/v2.0",
            audience: "11111111-aaaa-4bbb-8ccc-222222222222",
            callers: "",
            user: "6666",
            plain: json!({ "aud": "11111111-aaaa-4bbb-8ccc-222222222222", "oid": "6666", "sub": "pairA", "tid": TENANT,
                "azp": "5555", "scp": "orders.write", "uti": "u", "ver": "2.0" }),
            granted: Some(json!({ "scp": "orders:read" })),
            wrong: (json!({ "scp": null }), "the claim `scp` or `roles` is absent"),
        },
        Case {
            provider: "cognito",
            path: "/eu-west-1_Ab1",
            audience: "5c7",
            callers: "",
            user: "aaaa1111",
            plain: json!({ "sub": "aaaa1111", "client_id": "5c7", "token_use": "access", "scope": "openid", "jti": "j" }),
            granted: Some(json!({ "cognito:groups": ["orders:read"] })),
            wrong: (json!({ "client_id": "other" }), "the token is for another audience"),
        },
        Case {
            provider: "google",
            path: "",
            audience: "https://orders.example.com",
            callers: "batch@proj.iam.gserviceaccount.com, other@proj.iam.gserviceaccount.com",
            user: "104",
            plain: json!({ "aud": "https://orders.example.com", "azp": "104", "sub": "104", "email_verified": true,
                "email": "batch@proj.iam.gserviceaccount.com" }),
            granted: None,
            wrong: (
                json!({ "email": "evil@proj.iam.gserviceaccount.com" }),
                "the token was issued to `evil@proj.iam.gserviceaccount.com`, which is not among the issuer's `callers`",
            ),
        },
        Case {
            provider: "github-actions",
            path: "",
            audience: "https://orders.example.com",
            callers: "acme/shop",
            user: "repo:acme/shop:ref:refs/heads/main",
            plain: json!({ "aud": "https://orders.example.com", "sub": "repo:acme/shop:ref:refs/heads/main", "jti": "j",
                "repository": "acme/shop" }),
            granted: None,
            wrong: (json!({ "repository": "evil/shop" }), "the token was issued to `evil/shop`"),
        },
    ]
}

// ISS-02, ISS-03, ISS-05: `PROVIDER`, `ISSUER`, `AUDIENCE` and `CALLERS` are all that a provider needs.
#[tokio::test]
async fn the_example_serves_the_tokens_of_each_provider() {
    for case in cases() {
        let name = case.provider;
        let provider = Provider::start(case.path).await;
        let run = Run::start(&[
            ("PROVIDER", name),
            ("ISSUER", &provider.issuer),
            ("AUDIENCE", case.audience),
            ("CALLERS", case.callers),
        ])
        .await;
        assert!(run.example.printed[0].contains(&provider.issuer), "{:?}", run.example.printed);
        let plain = provider.token(case.plain.clone());
        let me = run.get("/me", &plain).await;
        assert_eq!(me.status, 200, "{name}");
        assert_eq!(me.json(), json!({ "id": case.user }), "{name}");
        assert_eq!(run.get("/orders", &plain).await.status, 403, "{name}");
        if let Some(granted) = &case.granted {
            let orders = run.get("/orders", &provider.token(with(&case.plain, granted))).await;
            assert_eq!((orders.status, orders.body), (200, format!("the orders of {}\n", case.user)), "{name}");
        }
        run.refuses(&provider.token(with(&case.plain, &case.wrong.0)), case.wrong.1).await;
        let expired = with(&case.plain, &json!({ "iat": 1_700_000_000, "exp": 1_700_000_600 }));
        run.refuses(&provider.token(expired), "the token has expired").await;
    }
}

// ISS-01: several issuers, separated by commas, each with its preset and audience.
#[tokio::test]
async fn the_example_serves_several_providers_at_once() {
    let mut providers = Vec::new();
    for case in cases() {
        providers.push((Provider::start(case.path).await, case));
    }
    let list = |one: fn(&(Provider, Case)) -> &str| providers.iter().map(one).collect::<Vec<_>>().join(",");
    let run = Run::start(&[
        ("PROVIDER", &list(|(_, case)| case.provider)),
        ("ISSUER", &list(|(provider, _)| &provider.issuer)),
        ("AUDIENCE", &list(|(_, case)| case.audience)),
        ("CALLERS", "acme/shop, batch@proj.iam.gserviceaccount.com"),
    ])
    .await;
    for (provider, case) in &providers {
        let me = run.get("/me", &provider.token(case.plain.clone())).await;
        assert_eq!((me.status, &me.json()["id"]), (200, &json!(case.user)), "{}", case.provider);
        run.refuses(&provider.token(with(&case.plain, &case.wrong.0)), case.wrong.1).await;
    }
    // The audience of one is none of another.
    let (keycloak, case) = &providers[0];
    run.refuses(&keycloak.token(with(&case.plain, &json!({ "aud": "5c7" }))), "it is for `5c7`").await;
    let stranger = Provider { issuer: "https://evil.example.com".into() };
    run.refuses(&stranger.token(case.plain.clone()), "its `iss` is `https://evil.example.com`").await;
}
