//! Does a request become slower with more keys, more revoked tokens, or more cached tokens? In the tables, a cached token is
//! called "remembered".

use std::rc::Rc;
use std::time::Duration;

use jwt_auth::{Algorithm, Backend, Keys, Protected, keys::VerifyingKey};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::harness::{interleaved, mixed, thread_time};
use crate::memory;
use crate::plot::Bars;
use crate::report::{Report, grouped};
use crate::router::{Auth, ISSUER, SECRET, authorization, protected, request};

const KEYS: [u64; 3] = [1, 10, 100];
const REVOKED: [u64; 4] = [1, 1_000, 100_000, 1_000_000];
const REMEMBERED: [u64; 4] = [1, 1_000, 10_000, 100_000];
/// The number of tokens that are sent while others are revoked. They are too many for the processor's caches.
const STRANGERS: u64 = 100_000;

const ROUNDS: usize = 30;
/// The number of requests in one sample. As many are sent before it, because the processor's caches hold data of other cases.
const REQUESTS: usize = 10_000;
/// Requests that are built before the clock starts. They are few enough for the fastest cache of the processor, which is also
/// where data lies that was just read from a socket.
const AT_ONCE: usize = 20;

/// A router, and the tokens that are sent to it in turn.
struct Case {
    series: &'static str,
    count: u64,
    app: Protected,
    tokens: Rc<[String]>,
    next: usize,
}

pub(crate) fn report() -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut cases: Vec<Case> = with_keys().chain(with_revoked()).chain(with_remembered(&runtime)).collect();
    let samples = interleaved(cases.len(), ROUNDS, |case, samples| {
        cases[case].send(&runtime);
        samples.push(cases[case].send(&runtime).as_nanos() as f64 / REQUESTS as f64);
    });
    let is_least = |at: usize| at == 0 || cases[at - 1].series != cases[at].series;
    let ratio = |at: usize| {
        let least = (0..=at).rev().find(|at| is_least(*at)).expect("the first of its series");
        samples[at].median() / samples[least].median()
    };
    let named = |at: usize| (cases[at].series, grouped(cases[at].count), format!("{:.2}", ratio(at)));
    let row = |at: usize| {
        let (series, count, ratio) = named(at);
        vec![series.to_owned(), count, ratio]
    };
    let bar = |at: usize| {
        let (series, count, written) = named(at);
        (format!("{count} {series}"), ratio(at), written)
    };
    let least = |at: usize| format!("{} of {}", samples[at].median().round(), cases[at].series);
    let all: Vec<String> = (0..cases.len()).filter(|at| is_least(*at)).map(least).collect();
    Report {
        header: vec!["what grows", "how many", "CPU against the least"],
        rows: (0..cases.len()).map(row).collect(),
        plot: Bars {
            title: "A request, against that with the least of the same".into(),
            bars: (0..cases.len()).map(bar).collect(),
        },
        note: format!("1.00 is, in ns of CPU in this run: {}", all.join(", ")),
    }
}

/// A hundred tokens, all signed by one key, or by every key in turn.
fn with_keys() -> impl Iterator<Item = Case> {
    let series = [("keys, one signs", 1), ("keys, all sign", u64::MAX)];
    series.into_iter().flat_map(|(series, signing)| {
        KEYS.into_iter().map(move |count| {
            let keys = (1..count).map(other_key).fold(key(0), Keys::also_verify);
            let signers: Vec<Backend<Auth>> = (0..count.min(signing)).map(|n| backend(key(n), 0)).collect();
            let tokens = signers.iter().cycle().zip(0..100).map(|(signer, user)| authorization(signer, user));
            Case::new(series, count, &backend(keys, 0), tokens.collect())
        })
    })
}

/// Good tokens, while the tokens of other users are revoked.
fn with_revoked() -> impl Iterator<Item = Case> {
    let tokens = tokens(&backend(key(0), 0), STRANGERS);
    REVOKED.into_iter().map(move |count| {
        let auth = Auth.backend().keys(key(0)).issuer(ISSUER).store(memory::filled(count)).build().expect("a backend");
        Case::new("live revocations", count, &auth, Rc::clone(&tokens))
    })
}

/// Cached tokens: only one of them is sent, or all of them.
fn with_remembered(runtime: &Runtime) -> impl Iterator<Item = Case> {
    let all = REMEMBERED.map(|count| {
        let auth = backend(Keys::from_der(Algorithm::EdDSA, ed25519()).expect("a key"), 200_000);
        Case::new("remembered, all sent", count, &auth, tokens(&auth, count)).remembered(runtime)
    });
    let one = |case: &Case| {
        let (app, tokens) = (case.app.clone(), Rc::new([case.tokens[0].clone()]));
        Case { series: "remembered, one sent", count: case.count, app, tokens, next: 0 }
    };
    all.each_ref().map(one).into_iter().chain(all)
}

fn backend(keys: Keys, token_cache: usize) -> Backend<Auth> {
    Auth.backend().keys(keys).issuer(ISSUER).token_cache(token_cache).build().expect("a backend")
}

fn secret(n: u64) -> String {
    format!("{SECRET}{n:03}")
}

fn kid(n: u64) -> String {
    format!("key-{n:03}")
}

fn key(n: u64) -> Keys {
    Keys::hs256(secret(n)).expect("a key").with_kid(kid(n))
}

fn other_key(n: u64) -> VerifyingKey {
    VerifyingKey::from_secret(Algorithm::HS256, secret(n)).expect("a key").with_kid(kid(n))
}

/// A PKCS#8 key that is only for this benchmark.
fn ed25519() -> Vec<u8> {
    const HEAD: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
    HEAD.into_iter().chain((0..4).flat_map(|n| mixed(n).to_be_bytes())).collect()
}

fn tokens(auth: &Backend<Auth>, count: u64) -> Rc<[String]> {
    (0..count).map(|user| authorization(auth, user)).collect()
}

impl Case {
    fn new(series: &'static str, count: u64, auth: &Backend<Auth>, tokens: Rc<[String]>) -> Self {
        Self { series, count, app: protected(auth), tokens, next: 0 }
    }

    /// The CPU time of the next requests.
    fn send(&mut self, runtime: &Runtime) -> Duration {
        let mut spent = Duration::ZERO;
        for _ in 0..REQUESTS / AT_ONCE {
            let requests: [_; AT_ONCE] = std::array::from_fn(|_| {
                self.next = (self.next + 1) % self.tokens.len();
                request(&self.tokens[self.next])
            });
            let began = thread_time();
            runtime.block_on(async {
                for request in requests {
                    let answer = self.app.clone().oneshot(request).await;
                    assert_eq!(answer.map(|answer| answer.status()), Ok(http::StatusCode::OK));
                }
            });
            spent += thread_time() - began;
        }
        spent
    }

    /// Sends every token once, so that it is cached, and shuffles them. Checks that they are cached: a cached token takes fewer
    /// allocations.
    fn remembered(mut self, runtime: &Runtime) -> Self {
        let allocations = |token: &String| {
            let (app, request) = (self.app.clone(), request(token));
            allocation_counter::measure(|| drop(runtime.block_on(app.oneshot(request)))).count_total
        };
        let verified = self.tokens.iter().map(allocations).min();
        let remembered = self.tokens.iter().map(allocations).max();
        assert!(remembered < verified, "a token is not in the cache any more");
        let mut order: Vec<usize> = (0..self.tokens.len()).collect();
        order.sort_by_key(|n| mixed(*n as u64));
        self.tokens = order.into_iter().map(|n| self.tokens[n].clone()).collect();
        self
    }
}
