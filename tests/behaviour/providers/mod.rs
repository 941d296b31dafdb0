//! The presets of the providers against their own tokens. `fixtures.json` has a row for each provider: its path, its keys, and its
//! tokens in the shape that the provider documents, with invented values. `iss`, `iat` and `exp` are added where a row has none.

mod constructors;
pub(crate) mod recorded;

use jwt_auth::issuer::Provider;
use jwt_auth::{Algorithm, Issuer};
use jwt_auth_tests::keys::{pem, sign};
use serde_json::{Value, json};

use recorded::{Recorded, Shop, app, me, merged, orders, segment, sign_with_secret};

/// Checks that the token is refused for a reason with this text.
async fn refused(issuer: Issuer, token: &str, because: &str, what: &str) {
    match me(&app([issuer]), token).await {
        Ok(answer) => panic!("{what}: accepted, {answer}"),
        Err(reason) => assert!(reason.contains(because), "{what}: {reason}"),
    }
}

// ISS-02; FIELD-REPORTS A1: Entra, Auth0, Google, Firebase, Supabase, Apple and Cloudflare Access write no `jti`. A2: Cognito,
// Okta and Kubernetes write no `typ`. A7: Cognito and Clerk write no `aud`.
#[tokio::test]
async fn access_tokens_are_accepted_and_name_the_user() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        let app = app([recorded.preset()]);
        let answer = me(&app, &recorded.token("access", &Value::Null)).await;
        let answer = answer.unwrap_or_else(|reason| panic!("{provider}: {reason}"));
        assert_eq!(answer["id"], recorded.text("subject"), "{provider}");
        assert_eq!(answer["issuer"], recorded.issuer(), "{provider}");
        for (what, change) in recorded.named("accepted") {
            if let Err(reason) = me(&app, &recorded.token("access", change)).await {
                panic!("{provider}, {what}: {reason}");
            }
        }
        // The keys are where the provider has them.
        assert_eq!(recorded.fetched().last().map(String::as_str), Some(recorded.text("jwks")), "{provider}");
    }
}

// FIELD-REPORTS A6: machine tokens of Duende have only a `client_id`, those of Cloudflare Access an empty `sub`.
#[tokio::test]
async fn machine_tokens_are_accepted() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        if recorded.fixture["machine"].is_null() {
            continue;
        }
        let preset = match recorded.fixture["machine_audience"].as_str() {
            Some(audience) => recorded.preset().audience(audience),
            None => recorded.preset(),
        };
        let answer = me(&app([preset]), &recorded.token("machine", &Value::Null)).await;
        let answer = answer.unwrap_or_else(|reason| panic!("{provider}: {reason}"));
        assert_eq!(answer["id"], recorded.text("machine_subject"), "{provider}");
    }
}

// Clients of Duende and Hydra may ask for scopes only, and then no audience is written. The list of callers takes its place.
#[tokio::test]
async fn machine_tokens_without_an_audience_need_a_setting() {
    for (provider, change) in [(Provider::Duende, json!({ "aud": null })), (Provider::Hydra, json!({ "aud": [] }))] {
        let recorded = Recorded::start(provider).await;
        let token = recorded.token("machine", &change);
        refused(recorded.preset(), &token, "it names none", provider.name()).await;
        let any = || Issuer::of(provider, recorded.issuer()).any_audience();
        assert!(me(&app([any().callers(["batch", "cliM"])]), &token).await.is_ok(), "{provider}");
        refused(any().callers(["other"]), &token, "`callers`", provider.name()).await;
    }
}

// ISS-05, FIELD-REPORTS A23: with its own audience, and with that of the API.
#[tokio::test]
async fn id_tokens_are_refused() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        if recorded.fixture["id"].is_null() {
            continue;
        }
        let own = recorded.fixture.get("own_audience").cloned();
        let own = own.unwrap_or_else(|| json!({ "aud": recorded.text("audience") }));
        for change in [Value::Null, own] {
            let token = recorded.token("id", &change);
            refused(recorded.preset(), &token, "", &format!("{provider}, {change}")).await;
        }
    }
}

// ISS-01
#[tokio::test]
async fn tokens_for_another_audience_are_refused() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        let other = recorded.fixture.get("other_audience").cloned();
        let other = other.unwrap_or_else(|| json!({ "aud": "https://other.example.com" }));
        refused(recorded.preset(), &recorded.token("access", &other), "audience", provider.name()).await;
    }
}

// ISS-03; FIELD-REPORTS A3: Duende writes `scope` as a list. A4: `scp`, `permissions`, `realm_access.roles` and others.
#[tokio::test]
async fn scopes_roles_and_permissions_reach_require() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        let app = app([recorded.preset()]);
        assert_eq!(orders(&app, &recorded.token("access", &Value::Null)).await, 403, "{provider}");
        for (granting, expected) in [("scopes", 200), ("no_scopes", 403)] {
            for change in recorded.list(granting) {
                assert_eq!(orders(&app, &recorded.token("access", change)).await, expected, "{provider}, {change}");
            }
        }
    }
}

// ISS-03: Cognito writes `<resource server>/<scope>`.
#[tokio::test]
async fn the_name_of_the_resource_server_is_removed_from_scopes() {
    let recorded = Recorded::start(Provider::Cognito).await;
    let token = recorded.token("access", &json!({ "scope": "openid shop/orders:read" }));
    assert_eq!(orders(&app([recorded.preset()]), &token).await, 403);
    assert_eq!(orders(&app([recorded.preset().scope_prefix("shop/")]), &token).await, 200);
}

// ISS-05, and what cannot be accepted safely: refresh tokens, sessions that are not complete, tokens of the wrong kind.
#[tokio::test]
async fn tokens_of_a_wrong_kind_are_refused() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        for (what, entry) in recorded.named("refused") {
            let mut change = entry["claims"].clone();
            change["$header"] = entry["header"].clone();
            let token = recorded.token("access", &change);
            let because = entry["because"].as_str().unwrap();
            refused(recorded.preset(), &token, because, &format!("{provider}, {what}")).await;
        }
    }
}

// JWS-02, JWS-03, ISS-05: what nobody may accept from any provider.
#[tokio::test]
async fn tokens_that_cannot_be_checked_are_refused() {
    for provider in Provider::ALL {
        let recorded = Recorded::start(provider).await;
        let app = app([recorded.preset()]);
        let good = recorded.token("access", &Value::Null);
        assert!(me(&app, &good).await.is_ok(), "{provider}");
        let claims = merged(
            &json!({ "iss": recorded.issuer(), "iat": 1_790_000_000, "exp": 1_790_003_600 }),
            &recorded.fixture["access"],
        );
        let header = |change: Value| merged(&recorded.fixture["header"], &change);
        let hmac = header(json!({ "alg": "HS256" }));
        let encrypted = segment(&header(json!({ "alg": "RSA-OAEP", "enc": "A256GCM" })));
        let der = recorded.public_der();
        let tokens = [
            ("bound to a key", recorded.token("access", &json!({ "cnf": { "jkt": "thumbprint" } }))),
            ("encrypted", format!("{encrypted}.a2V5.aXY.dGV4dA.dGFn")),
            ("unsigned", format!("{}.{}.", segment(&header(json!({ "alg": "none" }))), segment(&claims))),
            ("HS256 with the public key", sign_with_secret(&der, &hmac, &claims)),
            ("HS256 with the PEM", sign_with_secret(pem("PUBLIC KEY", &der).as_bytes(), &hmac, &claims)),
            ("another key", sign(Algorithm::RS256, "stranger", &header(json!({ "alg": "RS256" })), &claims)),
            ("without a signature", good.rsplit_once('.').unwrap().0.to_owned()),
            ("another issuer", recorded.token("access", &json!({ "iss": "https://evil.example.com" }))),
            ("expired", recorded.token("access", &json!({ "exp": 1_790_000_001 }))),
        ];
        for (what, token) in tokens {
            assert!(me(&app, &token).await.is_err(), "{provider}, {what}");
        }
    }
}

/// The mistakes that `build()` finds.
fn mistakes(issuer: Issuer) -> String {
    Shop.backend().verify_only().trust(issuer).build().map(drop).unwrap_err().to_string()
}

// Anybody can get a token for any audience from these.
#[tokio::test]
async fn a_list_of_callers_is_mandatory_where_anybody_can_get_a_token() {
    for provider in [Provider::GitHubActions, Provider::GitLab] {
        let recorded = Recorded::start(provider).await;
        let without = Issuer::of(provider, recorded.issuer()).audience(recorded.text("audience"));
        assert!(mistakes(without).contains("`callers` is missing"), "{provider}");
        let other = recorded.token("access", &recorded.fixture["other_caller"]);
        refused(recorded.preset(), &other, "which is not among the issuer's `callers`", provider.name()).await;
    }
    // Google Cloud: the audience is none of your own clients.
    let recorded = Recorded::start(Provider::Google).await;
    let preset = || Issuer::of(Provider::Google, recorded.issuer()).audience("https://orders.example.com");
    assert!(mistakes(preset()).contains("`callers` is missing"));
    let batch = "batch@proj.iam.gserviceaccount.com";
    let machine = json!({ "aud": "https://orders.example.com", "azp": "104", "email": batch, "email_verified": true,
        "sub": "104", "nonce": null, "at_hash": null, "hd": null });
    let token = |change: Value| {
        let mut all = machine.clone();
        all.as_object_mut().unwrap().extend(change.as_object().cloned().unwrap_or_default());
        recorded.token("access", &all)
    };
    let called = || preset().callers([batch]);
    let answer = me(&app([called()]), &token(Value::Null)).await;
    assert_eq!(answer.map(|answer| answer["id"].clone()), Ok(json!("104")));
    let other = token(json!({ "email": "evil@proj.iam.gserviceaccount.com" }));
    refused(called(), &other, "which is not among the issuer's `callers`", "another account").await;
    refused(called(), &token(json!({ "email_verified": false })), "`email_verified`", "not verified").await;
    refused(called(), &token(json!({ "email": null })), "no caller", "no email").await;
    // The number of an account can be listed instead of its address.
    let by_number = preset().caller_claim("sub").callers(["104"]);
    assert!(me(&app([by_number]), &token(Value::Null)).await.is_ok());
}

// A list of callers closes the gap of a shared audience for the others.
#[tokio::test]
async fn callers_can_be_listed_for_every_provider_with_clients() {
    let clients = [
        (Provider::Keycloak, "web"),
        (Provider::Entra, "55555555-aaaa-4bbb-8ccc-222222222222"),
        (Provider::Auth0, "cliA"),
        (Provider::Okta, "0oa1"),
        (Provider::Cognito, "5c7"),
        (Provider::Zitadel, "2402@shop"),
        (Provider::Authentik, "cliA"),
        (Provider::Hydra, "cliA"),
        (Provider::Duende, "web"),
    ];
    for (provider, client) in clients {
        let recorded = Recorded::start(provider).await;
        let token = recorded.token("access", &Value::Null);
        assert!(me(&app([recorded.preset().callers([client])]), &token).await.is_ok(), "{provider}");
        refused(recorded.preset().callers(["other"]), &token, "`callers`", provider.name()).await;
    }
}

#[test]
fn names_that_cannot_work_are_refused() {
    let org = Issuer::okta("https://shop.okta.com").audience("https://shop.okta.com");
    assert!(mistakes(org).contains("Okta's org server"));
    for name in ["https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/shop.example/v2.0"]
    {
        assert!(mistakes(Issuer::of(Provider::Entra, name).audience("a")).contains("a UUID"), "{name}");
    }
    for provider in Provider::ALL {
        assert_eq!(provider.name().parse(), Ok(provider));
        assert!(mistakes(Issuer::of(provider, "").callers(["c"]).audience("a")).contains("the name is empty"));
    }
}

// ISS-01, CLM-06: one backend behind all of them at once.
#[tokio::test]
async fn all_providers_at_once() {
    let mut all = Vec::new();
    for provider in Provider::ALL {
        all.push(Recorded::start(provider).await);
    }
    let app = app(all.iter().map(Recorded::preset));
    for recorded in &all {
        let answer = me(&app, &recorded.token("access", &Value::Null)).await;
        assert_eq!(answer.map(|answer| answer["issuer"].clone()), Ok(json!(recorded.issuer())));
        let other = recorded.fixture.get("other_audience").cloned();
        let other = other.unwrap_or_else(|| json!({ "aud": "https://other.example.com" }));
        assert!(me(&app, &recorded.token("access", &other)).await.is_err(), "{}", recorded.provider);
    }
}
