//! Keys that are fetched from a provider that rotates, stalls, fails and starts late. The time is tokio's, paused, so that the
//! tests never depend on the speed of the machine.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::jose::algorithm::Algorithm;
use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::keys::formats::jwk::public_members;
use crate::keys::remote::fetch::{Fetch, FetchFuture};
use crate::keys::remote::refetch::MAX_WAITING;
use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::source::RemoteKeys;
use crate::keys::verifying_key::VerifyingKey;

const ISSUER: &str = "https://id.test/realms/shop";
const URL: &str = "https://id.test/keys";
const NOW: u64 = 1_800_000_000;

const ONE: &str = include_str!("../formats/throw_away/p256_public.pem");
const TWO: &str = include_str!("../formats/throw_away/p256_other_public.pem");

/// The members of a public key.
pub(crate) fn jwk(pem: &str, kid: &str) -> serde_json::Value {
    let key = VerifyingKey::from_pem(Algorithm::ES256, pem).unwrap();
    serde_json::json!(public_members(key.public().unwrap(), Algorithm::ES256, kid))
}

fn set(kids: &[&str]) -> String {
    let keys: Vec<_> = kids.iter().map(|kid| jwk(ONE, kid)).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

#[derive(Clone)]
enum Answer {
    Body(String),
    CacheControl(&'static str, String),
    Status(u16),
    Late(Duration, String),
    Never,
    Panic,
    NoConnection,
}

/// A provider, and an HTTP client that reaches it.
#[derive(Clone, Default)]
struct Provider(Arc<State>);

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<String, Answer>>,
    /// The URL and the `Authorization` of each request.
    asked: Mutex<Vec<(String, Option<String>)>>,
    count: AtomicU64,
}

impl Provider {
    fn new(answer: Answer) -> Self {
        let provider = Self::default();
        provider.answers(URL, answer);
        provider
    }

    fn answers(&self, url: &str, answer: Answer) {
        self.0.answers.lock().unwrap().insert(url.into(), answer);
    }

    fn fetches(&self) -> u64 {
        self.0.count.load(Ordering::SeqCst)
    }

    fn asked(&self) -> Vec<String> {
        self.0.asked.lock().unwrap().iter().map(|(url, _)| url.clone()).collect()
    }

    fn keys(&self, jwks: RemoteJwks) -> Arc<dyn RemoteKeys> {
        jwks.client(self.clone()).into_key_set(ISSUER).unwrap()
    }
}

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sending failed")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        static CAUSE: std::sync::LazyLock<std::io::Error> =
            std::sync::LazyLock::new(|| std::io::Error::other("unknown authority"));
        Some(&*CAUSE)
    }
}

impl Fetch for Provider {
    fn send<'f>(&'f self, request: http::Request<Vec<u8>>, _: usize) -> FetchFuture<'f> {
        let url = request.uri().to_string();
        let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let answer = self.0.answers.lock().unwrap().get(&url).cloned().unwrap_or(Answer::Status(404));
        self.0.asked.lock().unwrap().push((url, authorization));
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            let mut response = http::Response::builder();
            let body = match answer {
                Answer::Body(body) => body,
                Answer::CacheControl(value, body) => {
                    response = response.header("cache-control", value);
                    body
                }
                Answer::Status(status) => {
                    response = response.status(status);
                    String::new()
                }
                Answer::Late(delay, body) => {
                    sleep(delay).await;
                    body
                }
                Answer::Never => std::future::pending().await,
                Answer::Panic => panic!("a bug of the client"),
                Answer::NoConnection => return Err(Refused.into()),
            };
            Ok(response.body(body.into_bytes())?)
        })
    }
}

fn jwks() -> RemoteJwks {
    RemoteJwks::new(URL)
}

fn header(kid: &str) -> Header {
    Header::parse(format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#).as_bytes()).unwrap()
}

fn knows(keys: &Arc<dyn RemoteKeys>, kid: &str) -> bool {
    keys.key_set().is_some_and(|set| set.find(&header(kid)).is_ok())
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The answer for a token with this `kid`, issued this moment: `Ok` as `wait_for_key`, or the `Retry-After`.
async fn asked(keys: &Arc<dyn RemoteKeys>, kid: &str) -> Result<bool, u64> {
    keys.wait_for_key(&header(kid), Some(NOW), NOW).await.map_err(|unavailable| unavailable.retry_after)
}

// KEY-10: concurrent requests share one fetch.
#[tokio::test(start_paused = true)]
async fn the_first_fetch_is_shared() {
    let provider = Provider::new(Answer::Late(seconds(2), set(&["old"])));
    let keys = provider.keys(jwks());
    let waiting: Vec<_> = (0..500)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { keys.ready().await })
        })
        .collect();
    for one in waiting {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    assert!(knows(&keys, "old"));
    assert_eq!((provider.fetches(), keys.ready().await), (1, Ok(())));
}

// KEY-10, A21: the cooldown counts from the start of the attempt, and a refused request is told the time of the next one.
#[tokio::test(start_paused = true)]
async fn a_provider_that_starts_late_is_asked_after_the_cooldown() {
    for (answer, took) in [(Answer::Status(502), 0), (Answer::Never, 5), (Answer::Panic, 0), (Answer::NoConnection, 0)]
    {
        let provider = Provider::new(answer);
        let keys = provider.keys(jwks());
        let began = Instant::now();
        let refused = keys.ready().await.unwrap_err();
        assert_eq!((began.elapsed().as_secs(), refused.retry_after), (took, 30 - took), "{}", refused.error);
        assert!(refused.error.contains(URL), "{}", refused.error);
        provider.answers(URL, Answer::Body(set(&["old"])));
        tokio::time::sleep_until(began + Duration::from_millis(10_500)).await;
        assert_eq!(keys.ready().await.unwrap_err().retry_after, 20);
        assert!(keys.key_set().is_none());
        assert_eq!(provider.fetches(), 1);
        sleep(seconds(20)).await;
        assert_eq!((keys.ready().await, provider.fetches()), (Ok(()), 2));
    }
}

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

// ISS-09, A20: a token of a key that has just been published waits if the next fetch is near, and is told when otherwise.
#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_by_one_wait_or_by_the_retry() {
    let provider = Provider::new(Answer::Body(set(&["old"])));
    let keys = provider.keys(jwks());
    let began = Instant::now();
    keys.ready().await.unwrap();
    sleep(seconds(10)).await;
    provider.answers(URL, Answer::Body(set(&["old", "new"])));
    assert_eq!(asked(&keys, "new").await, Err(20));
    assert_eq!(began.elapsed(), seconds(10));
    // The fetch begins by itself when the cooldown ends, so the retry needs no wait.
    sleep(seconds(20) + Duration::from_millis(1)).await;
    assert_eq!(provider.fetches(), 2);
    assert!(knows(&keys, "new"));

    // Within `wait`, the request waits.
    sleep(seconds(27)).await;
    provider.answers(URL, Answer::Body(set(&["new", "newer"])));
    let before = Instant::now();
    assert_eq!(asked(&keys, "newer").await, Ok(true));
    assert_eq!(before.elapsed().as_millis(), 2_999);
    assert!(!knows(&keys, "old"));

    // After the cooldown, it waits for the fetch alone.
    sleep(seconds(31)).await;
    provider.answers(URL, Answer::Late(seconds(1), set(&["newest"])));
    let before = Instant::now();
    assert_eq!(asked(&keys, "newest").await, Ok(true));
    assert_eq!((before.elapsed(), provider.fetches()), (seconds(1), 4));
    // A name that nobody published is refused after one wait, and one without a name at once.
    sleep(seconds(31)).await;
    assert_eq!(asked(&keys, "made-up").await, Ok(false));
    let nameless = Header::parse(br#"{"alg":"ES256","kid":""}"#).unwrap();
    assert_eq!(keys.wait_for_key(&nameless, Some(NOW), NOW).await, Ok(false));
    assert_eq!(provider.fetches(), 5);
}

// ISS-09: a fetch that was already answered when the key was published does not decide.
#[tokio::test(start_paused = true)]
async fn a_fetch_that_began_before_the_request_does_not_refuse_it() {
    let provider = Provider::new(Answer::Late(seconds(3), set(&["old"])));
    let keys = provider.keys(jwks().cooldown(seconds(6)));
    keys.ready().await.unwrap();
    sleep(seconds(4)).await;
    keys.refetch();
    sleep(seconds(1)).await;
    provider.answers(URL, Answer::Body(set(&["new"])));
    assert_eq!(asked(&keys, "new").await, Ok(true));
    assert_eq!(provider.fetches(), 3);
    // With a cooldown that is too long to wait for, the answer is the time of the next fetch.
    let provider = Provider::new(Answer::Late(seconds(3), set(&["old"])));
    let keys = provider.keys(jwks());
    let first = keys.ready();
    let later = async {
        sleep(seconds(1)).await;
        asked(&keys, "new").await
    };
    assert_eq!(tokio::join!(first, later), (Ok(()), Err(27)));
}

// ISS-09: a token that was issued long before the last fetch cannot have a newer key, and does not wait.
#[tokio::test(start_paused = true)]
async fn an_old_token_does_not_wait() {
    let provider = Provider::new(Answer::Body(set(&["old"])));
    let keys = provider.keys(jwks());
    keys.ready().await.unwrap();
    for (issued, answer) in [(NOW - 40, Ok(false)), (NOW - 29, Err(30)), (NOW + 5, Err(30))] {
        let found = keys.wait_for_key(&header("x"), Some(issued), NOW).await;
        assert_eq!(found.map_err(|unavailable| unavailable.retry_after), answer, "{issued}");
    }
    assert!(keys.wait_for_key(&header("x"), None, NOW).await.is_err());
    sleep(seconds(31)).await;
    assert_eq!((keys.wait_for_key(&header("x"), Some(NOW - 40), NOW + 31).await, provider.fetches()), (Ok(false), 2));
}

// ISS-09: strangers cause at most one fetch a cooldown, and cannot keep a new key out.
#[tokio::test(start_paused = true)]
async fn made_up_names_do_not_postpone_a_rotation() {
    let provider = Provider::new(Answer::Body(set(&["old"])));
    let keys = provider.keys(jwks());
    let began = Instant::now();
    keys.ready().await.unwrap();
    sleep(seconds(22)).await;
    let strangers: Vec<_> = (0..10_000_u64)
        .map(|n| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move {
                sleep(Duration::from_millis(n)).await;
                asked(&keys, &format!("made-up-{n}")).await
            })
        })
        .collect();
    sleep(seconds(1)).await;
    provider.answers(URL, Answer::Body(set(&["old", "new"])));
    assert_eq!(asked(&keys, "new").await, Err(7));
    sleep(seconds(7)).await;
    assert_eq!(asked(&keys, "new").await, Ok(true));
    assert_eq!(began.elapsed(), seconds(30));
    for stranger in strangers {
        assert_ne!(stranger.await.unwrap(), Ok(true));
    }
    assert!(provider.fetches() <= 2 + began.elapsed().as_secs() / 30, "{}", provider.fetches());
    assert!(knows(&keys, "old"));
}

// The memory of waiting requests is bounded.
#[tokio::test(start_paused = true)]
async fn no_more_requests_wait_than_the_limit() {
    let provider = Provider::new(Answer::Never);
    let keys = provider.keys(jwks());
    let waiting: Vec<_> = (0..MAX_WAITING + 3)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { keys.ready().await.map_err(|unavailable| unavailable.error) })
        })
        .collect();
    let mut refused = 0;
    for one in waiting {
        refused += usize::from(one.await.unwrap().unwrap_err().contains("already wait"));
    }
    assert_eq!((refused, provider.fetches()), (3, 1));
    provider.answers(URL, Answer::Body(set(&["old"])));
    sleep(seconds(30)).await;
    assert_eq!(keys.ready().await, Ok(()), "those that have been answered count no longer");
}

// A17, row k: a key that was replaced under its `kid` is noticed after the cooldown.
#[tokio::test(start_paused = true)]
async fn a_bad_signature_makes_the_set_stale() {
    let provider = Provider::new(Answer::Body(set(&["k"])));
    let keys = provider.keys(jwks());
    keys.ready().await.unwrap();
    let number = keys.key_set().unwrap().number();
    provider.answers(URL, Answer::Body(serde_json::json!({ "keys": [jwk(TWO, "k")] }).to_string()));
    for _ in 0..100 {
        keys.refetch();
    }
    sleep(seconds(29)).await;
    assert_eq!((provider.fetches(), keys.key_set().unwrap().number()), (1, number));
    sleep(seconds(2)).await;
    assert_eq!(provider.fetches(), 2);
    assert_ne!(keys.key_set().unwrap().number(), number);
    // An unchanged set keeps its number, and with it the cache of tokens.
    let number = keys.key_set().unwrap().number();
    sleep(seconds(60)).await;
    keys.refetch();
    sleep(seconds(1)).await;
    assert_eq!((provider.fetches(), keys.key_set().unwrap().number()), (3, number));
}

// KEY-10: stale keys stay in use while the provider fails, and the failure of a fetch is told.
#[tokio::test(start_paused = true)]
async fn old_keys_outlive_a_failing_provider() {
    for answer in [Answer::Status(500), Answer::Never, Answer::Panic, Answer::Body(r#"{"keys":[]}"#.into())] {
        let provider = Provider::new(Answer::Body(set(&["old"])));
        let keys = provider.keys(jwks());
        keys.ready().await.unwrap();
        provider.answers(URL, answer);
        sleep(seconds(100)).await;
        let refused = keys.wait_for_key(&header("new"), Some(NOW + 100), NOW + 100).await.unwrap_err();
        assert!(refused.error.contains(URL) && (25..=30).contains(&refused.retry_after), "{refused:?}");
        assert!(knows(&keys, "old"));
        provider.answers(URL, Answer::Body(set(&["new"])));
        sleep(seconds(31)).await;
        assert!(knows(&keys, "new"), "the scheduled fetch");
    }
}

// KEY-10
#[tokio::test(start_paused = true)]
async fn keys_are_refreshed_when_their_age_says_so() {
    for (answer, after) in [
        (Answer::Body(set(&["k"])), 600),
        (Answer::CacheControl("max-age=100", set(&["k"])), 100),
        (Answer::CacheControl("no-cache", set(&["k"])), 30),
        (Answer::CacheControl("max-age=9999999", set(&["k"])), 24 * 60 * 60),
    ] {
        let provider = Provider::new(answer);
        let keys = provider.keys(jwks());
        keys.ready().await.unwrap();
        sleep(seconds(after - 1)).await;
        assert!(knows(&keys, "k"));
        sleep(Duration::from_millis(500)).await;
        assert_eq!(provider.fetches(), 1);
        sleep(seconds(1)).await;
        assert!(knows(&keys, "k"));
        sleep(Duration::from_millis(1)).await;
        assert_eq!(provider.fetches(), 2, "{after}");
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
        while provider.0.asked.lock().unwrap().last().is_none_or(|(_, last)| *last != Some(format!("Bearer {token}"))) {
            sleep(Duration::from_millis(1)).await;
        }
    }
    std::fs::remove_file(&path).unwrap();
}

// KEY-06, KEY-10: of an ambiguous name only the keys with this name are left out.
#[tokio::test(start_paused = true)]
async fn one_bad_key_costs_only_itself() {
    let entries = [jwk(ONE, "twice"), jwk(TWO, "twice"), jwk(ONE, "k"), jwk(ONE, "k"), serde_json::json!(7)];
    let provider = Provider::new(Answer::Body(serde_json::json!({ "keys": entries }).to_string()));
    let keys = provider.keys(jwks());
    keys.ready().await.unwrap();
    assert!(knows(&keys, "k"));
    assert_eq!(keys.key_set().unwrap().find(&header("twice")).unwrap_err(), TokenError::UnknownKey);
}

#[cfg(feature = "reqwest")]
#[test]
fn a_root_certificate_must_be_one() {
    use crate::keys::remote::fetch::ReqwestClient;
    for wrong in ["", "not PEM", ONE, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = jwks().root_certificate(wrong).into_key_set(ISSUER).map(drop).unwrap_err().to_string();
        assert!(error.contains("certificate") || error.contains("builder"), "{error}");
        assert!(ReqwestClient::new().unwrap().trust_certificate(wrong).is_err(), "{wrong}");
    }
    let both = jwks().root_certificate(ONE).client(Provider::default()).into_key_set(ISSUER).map(drop);
    assert!(both.unwrap_err().to_string().contains("ReqwestClient::trust_certificate"));
}
