//! A provider that rotates, stalls, fails and starts late.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::jose::error::TokenError;
use crate::jose::header::Header;
use crate::keys::remote::refetch::MAX_WAITING;
use crate::keys::remote::tests::provider::{Answer, ONE, Provider, TWO, URL, jwk, jwks, seconds, set};
use crate::keys::source::RemoteKeys;

const NOW: u64 = 1_800_000_000;

fn header(kid: &str) -> Header {
    Header::parse(format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#).as_bytes()).unwrap()
}

fn knows(keys: &Arc<dyn RemoteKeys>, kid: &str) -> bool {
    keys.key_set().is_some_and(|set| set.find(&header(kid)).is_ok())
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

// KEY-06, KEY-10: of an ambiguous name only the keys with this name are left out.
#[tokio::test(start_paused = true)]
async fn one_bad_key_costs_only_itself() {
    let entries = [jwk(ONE, "twice"), jwk(TWO, "twice"), jwk(ONE, "k"), jwk(ONE, "k"), serde_json::json!(7)];
    let provider = Provider::new(Answer::Body(serde_json::json!({ "keys": entries }).to_string()));
    let keys = provider.keys(jwks());
    keys.ready().await.unwrap();
    assert!(knows(&keys, "k"));
    assert_eq!(keys.key_set().unwrap().find(&header("twice")).unwrap_err(), TokenError::unknown_key(Some("twice")));
}

// REL-02: keys that are asked for outside of a runtime, or whose runtime ends in the middle of a fetch.
#[test]
fn a_fetch_ends_with_its_runtime() {
    let provider = Provider::new(Answer::Never);
    let keys = provider.keys(jwks().timeout(seconds(3_600)).cooldown(seconds(3_600)));
    assert!(keys.key_set().is_none());
    keys.refetch();
    assert_eq!(provider.fetches(), 0);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime().block_on(async {
        assert!(keys.key_set().is_none());
        while provider.fetches() == 0 {
            tokio::task::yield_now().await;
        }
    });
    let refused = runtime().block_on(keys.ready()).unwrap_err();
    assert_eq!(refused.error, "the fetch was stopped");
    assert!(refused.retry_after > 60);
}
