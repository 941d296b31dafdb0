//! Tokens whose key the service does not know yet: each is answered after one bounded wait, and never wrongly refused.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::keys::SigningKey;
use jwt_auth::rejection::TokenError;
use jwt_auth::{Algorithm, Protected, RejectionReason};
use jwt_auth_tests::keys::signing;
use jwt_auth_tests::{call, call_with};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fixture::{Bearer, NOW, alice, bearer, request};
use crate::remote_jwks::{Provider, eventually, key, status};

const COOLDOWN: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(600);

/// The status and the seconds of `Retry-After`.
async fn answer(app: &Protected, token: &str) -> (u16, Option<u64>) {
    let answer = call(app, request("GET", "/me", &[("authorization", &bearer(token))])).await;
    let seconds = answer.header("retry-after").map(|value| value.parse().unwrap());
    (answer.status, seconds)
}

/// The token with another name of its key. Its signature is wrong, but nobody can know that without the key.
fn renamed(token: &str, kid: &str) -> String {
    let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{kid}"}}"#);
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), token.split_once('.').unwrap().1)
}

fn named(key: SigningKey, kid: &str) -> SigningKey {
    key.with_kid(kid)
}

// ISS-09
#[tokio::test]
async fn a_key_that_was_just_published_is_known_after_one_wait() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().cooldown(COOLDOWN));
    assert_eq!(status(&app, &provider.token(&key("one"))).await, 200);
    provider.publish(&[&key("one"), &key("two")]);
    assert_eq!((answer(&app, &provider.token(&key("two"))).await, provider.fetches()), ((200, None), 2));
    // A fetch that lacks the key decides.
    assert_eq!((answer(&app, &provider.token(&key("three"))).await, provider.fetches()), ((401, None), 3));
}

// ISS-09, ISS-10
#[tokio::test]
async fn a_provider_that_starts_later_is_asked_when_retry_after_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Provider::default();
    provider.publish(&[&key("one")]);
    provider.is_at(listener.local_addr().unwrap());
    let (_, app) = provider.service(provider.jwks().cooldown(Duration::from_secs(1)));
    let token = provider.token(&key("one"));
    let not_started = async {
        loop {
            drop(listener.accept().await);
        }
    };
    let (status, seconds) = tokio::select! {
        answer = answer(&app, &token) => answer,
        () = not_started => unreachable!("it ends never"),
    };
    assert_eq!((status, seconds), (503, Some(1)));
    let router = provider.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::time::sleep(Duration::from_secs(seconds.unwrap())).await;
    assert_eq!((answer(&app, &token).await, provider.fetches()), ((200, None), 1));
}

// KEY-10: two keys under one name and algorithm cost only themselves.
#[tokio::test]
async fn a_doubled_name_costs_only_the_keys_of_that_name() {
    let provider = Provider::start(&key("one")).await;
    provider.publish(&[&key("one"), &named(key("two"), "doubled"), &named(key("three"), "doubled")]);
    let (auth, app) = provider.service(provider.jwks().cooldown(COOLDOWN));
    assert_eq!(status(&app, &provider.token(&key("one"))).await, 200);
    assert_eq!((status(&app, &provider.token(&named(key("two"), "doubled"))).await, auth.key_ids().len()), (401, 1));
    assert_eq!(status(&app, &provider.token(&key("one"))).await, 200);
}

// ISS-09: the issuer replaced a key without giving it a new name, or by one of another algorithm.
#[tokio::test]
async fn a_key_replaced_under_its_name_is_noticed() {
    let first = named(key("one"), "always");
    let provider = Provider::start(&first).await;
    let (_, app) = provider.service(provider.jwks().cooldown(Duration::from_millis(20)));
    let old = provider.token(&first);
    assert_eq!(status(&app, &old).await, 200);
    for new in [named(key("two"), "always"), named(signing(Algorithm::RS256, "one"), "always")] {
        provider.publish(&[&new]);
        let token = provider.token(&new);
        eventually(async || status(&app, &token).await == 200).await;
    }
    assert_eq!(status(&app, &old).await, 401);
}

// ISS-09: no key makes these tokens valid.
#[tokio::test]
async fn expired_tokens_and_tokens_of_other_issuers_cause_no_fetch_and_no_wait() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().cooldown(LONG));
    assert_eq!(status(&app, &provider.token(&key("one"))).await, 200);
    let token = |issuer: String, now: i64| {
        let auth = Bearer.backend().keys(key("two").into()).issuer(issuer).audience("api").clock(move || now);
        auth.build().unwrap().create_token(&alice()).unwrap()
    };
    let expired = token(provider.issuer(), NOW - 10 * 60 * 60);
    let strange = token("https://other.test".into(), NOW);
    for token in [&expired, &strange] {
        assert_eq!(answer(&app, token).await, (401, None));
    }
    assert_eq!(provider.fetches(), 1);
    // A token that may be valid is not refused: the answer says when the next fetch begins.
    let (status, seconds) = answer(&app, &token(provider.issuer(), NOW)).await;
    assert!(status == 503 && seconds.is_some_and(|seconds| (1..=600).contains(&seconds)), "{status} {seconds:?}");
    assert_eq!(provider.fetches(), 1);
}

// LOG-01: the reason names the issuer and the key.
#[tokio::test]
async fn the_reason_for_an_unknown_key_names_the_issuer_and_the_key() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().cooldown(COOLDOWN));
    let (_, reason) = call_with(&app, &provider.token(&named(key("two"), "two"))).await;
    let expected = TokenError::UnknownKey { issuer: provider.issuer().into(), kid: Some("two".into()) };
    assert_eq!(reason, Some(RejectionReason::Token(expected)));
    let text = reason.unwrap().to_string();
    assert!(text.contains("`two`") && text.contains(&provider.issuer()), "{text}");
}

// KEY-10, ISS-09: 10,000 made-up names do not keep a new key out, and cause at most one fetch a cooldown.
#[tokio::test(flavor = "multi_thread")]
async fn made_up_names_do_not_keep_a_new_key_out() {
    let provider = Provider::start(&key("one")).await;
    let (_, app) = provider.service(provider.jwks().cooldown(COOLDOWN));
    let old = provider.token(&key("one"));
    let (begun, mut flood) = (Instant::now(), JoinSet::new());
    assert_eq!(status(&app, &old).await, 200);
    for number in 0..10_000 {
        let (app, token) = (app.clone(), renamed(&old, &format!("made-up-{number}")));
        flood.spawn(async move { status(&app, &token).await });
    }
    provider.publish(&[&key("one"), &key("two")]);
    let new = provider.token(&key("two"));
    match answer(&app, &new).await {
        (200, None) => {}
        (503, Some(seconds)) => {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            assert_eq!(answer(&app, &new).await, (200, None));
        }
        other => panic!("a false refusal: {other:?}"),
    }
    let mut statuses = HashMap::<u16, usize>::new();
    while let Some(status) = flood.join_next().await {
        *statuses.entry(status.unwrap()).or_default() += 1;
    }
    assert!(statuses.keys().all(|status| [401, 503].contains(status)), "{statuses:?}");
    let allowed = 2 + begun.elapsed().as_millis() / COOLDOWN.as_millis();
    assert!(provider.fetches() as u128 <= allowed, "{} fetches, {allowed} allowed", provider.fetches());
    assert_eq!(status(&app, &old).await, 200, "made-up names evict nothing");
}
