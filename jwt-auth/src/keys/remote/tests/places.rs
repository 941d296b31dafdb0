//! Where keys are fetched from, and what the errors say.

use std::time::Duration;

use tokio::time::sleep;

use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::remote::tests::provider::{Answer, ISSUER, ONE, Provider, URL, jwks, seconds, set};

// Messages say what the HTTP client's causes are, and what the status was.
#[tokio::test(start_paused = true)]
async fn errors_name_the_url_and_the_causes() {
    let long = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(70_000));
    for (answer, says) in [
        (Answer::NoConnection, "sending failed: unknown authority"),
        (Answer::Status(302), "the status is 302 (redirects are not followed)"),
        (Answer::Panic, "the HTTP client panicked"),
        (Answer::Never, "no answer within the timeout (5s"),
        (Answer::Body("<html>".into()), "not one JSON object"),
        (Answer::Body("{}".into()), "the set has no keys"),
        (Answer::Body(long), "longer than `max_bytes`, 65536 bytes"),
    ] {
        let error = Provider::new(answer).keys(jwks()).ready().await.unwrap_err().error;
        assert!(error.contains(says) && error.contains(URL), "{error}");
    }
}

fn configuration(issuer: &str, jwks_uri: &str) -> Answer {
    Answer::Body(serde_json::json!({ "issuer": issuer, "jwks_uri": jwks_uri }).to_string())
}

// CLM-06: the configuration may be reached at an inside address, and must still name the trusted issuer.
#[tokio::test(start_paused = true)]
async fn an_issuer_can_be_reached_at_an_inside_address() {
    let inside = "http://keycloak:8080/realms/shop/.well-known/openid-configuration";
    let certs = "http://keycloak:8080/realms/shop/certs";
    let jwks = || RemoteJwks::discover_at("http://keycloak:8080/realms/shop").allow_http_to("keycloak");
    for uri in [certs, "https://id.test/realms/shop/certs"] {
        let provider = Provider::default();
        provider.answers(inside, configuration(ISSUER, uri));
        provider.answers(certs, Answer::Body(set(&["k"])));
        assert_eq!(provider.keys(jwks()).ready().await, Ok(()));
        assert_eq!(provider.asked(), [inside, certs]);
    }
    let provider = Provider::default();
    provider.answers(inside, configuration("http://keycloak:8080/realms/shop", certs));
    provider.answers(certs, Answer::Body(set(&["k"])));
    let error = provider.keys(jwks()).ready().await.unwrap_err().error;
    assert!(error.contains("`http://keycloak:8080/realms/shop` instead of `https://id.test/realms/shop`"), "{error}");
    assert_eq!(provider.keys(jwks().discovery_issuer("http://keycloak:8080/realms/shop")).ready().await, Ok(()));
    assert_eq!(provider.keys(jwks().any_discovery_issuer()).ready().await, Ok(()));
    // Other hosts are not asked by plain http, whatever the configuration says.
    provider.answers(inside, configuration(ISSUER, "http://elsewhere/certs"));
    let error = provider.keys(jwks()).ready().await.unwrap_err().error;
    assert!(
        error.contains("allow_http_to(\"elsewhere\")") && !provider.asked().contains(&"http://elsewhere/certs".into())
    );
    let build = |jwks: RemoteJwks| jwks.client(Provider::default()).into_key_set(ISSUER).map(drop);
    let error = build(RemoteJwks::discover_at("http://keycloak:8080/realms/shop")).unwrap_err().to_string();
    assert!(error.contains("allow_http_to(\"keycloak\")"), "{error}");
    assert!(build(jwks().or_at("http://10.0.0.7/keys")).is_err());
    assert!(build(jwks().or_at("http://10.0.0.7/keys").allow_http_to("10.0.0.7")).is_ok());
    assert!(build(jwks().max_keys(0)).is_err() && build(jwks().max_bytes(0)).is_err());
    assert!(build(jwks().allow_http_to("http://keycloak")).unwrap_err().to_string().contains("host name"));
}

#[tokio::test(start_paused = true)]
async fn a_second_place_is_tried_in_the_same_attempt() {
    let second = "https://cdn.test/keys";
    for answer in [Answer::Status(404), Answer::Never, Answer::Panic, Answer::Body("{}".into())] {
        let provider = Provider::new(answer);
        provider.answers(second, Answer::Body(set(&["k"])));
        assert_eq!(provider.keys(jwks().or_at(second)).ready().await, Ok(()));
        assert_eq!(provider.asked(), [URL, second]);
    }
    let discovered = format!("{ISSUER}/.well-known/openid-configuration");
    let provider = Provider::new(Answer::Status(404));
    let keys = provider.keys(jwks().or_discover());
    let error = keys.ready().await.unwrap_err().error;
    assert_eq!(error, format!("`{URL}`: the status is 404; `{discovered}`: the status is 404"));
    provider.answers(&discovered, configuration(ISSUER, second));
    provider.answers(second, Answer::Body(set(&["k"])));
    sleep(seconds(30)).await;
    assert_eq!(keys.ready().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn the_token_file_is_read_for_each_fetch() {
    let path = std::env::temp_dir().join(format!("jwt-auth-token-{}", std::process::id()));
    let provider = Provider::new(Answer::Body(set(&["k"])));
    let keys = provider.keys(jwks().bearer_token_file(&path));
    let error = keys.ready().await.unwrap_err().error;
    assert!(error.contains("bearer_token_file") && error.contains("cannot be read"), "{error}");
    for token in ["first", "second"] {
        std::fs::write(&path, format!("{token}\n")).unwrap();
        sleep(seconds(31)).await;
        keys.refetch();
        while provider.last_credential() != Some(format!("Bearer {token}")) {
            sleep(Duration::from_millis(1)).await;
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[cfg(feature = "reqwest")]
#[test]
fn a_root_certificate_must_be_one() {
    use crate::keys::remote::fetch::ReqwestClient;
    for wrong in ["", "not PEM", ONE, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = jwks().root_certificate(wrong).into_key_set(ISSUER).map(drop).unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
        assert!(ReqwestClient::new().unwrap().trust_certificate(wrong).is_err(), "{wrong}");
    }
    // Several certificates in one text, and several texts.
    let authority = include_str!("../../formats/throw_away/ca.pem");
    let two = format!("# a comment\n{authority}\n{authority}");
    assert!(jwks().root_certificate(&two).root_certificate(authority).into_key_set(ISSUER).is_ok());
    assert!(ReqwestClient::new().and_then(|client| client.trust_certificate(two)).is_ok());
    let both = jwks().root_certificate(ONE).client(Provider::default()).into_key_set(ISSUER).map(drop);
    assert!(both.unwrap_err().to_string().contains("ReqwestClient::trust_certificate"));
}
