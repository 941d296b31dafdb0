//! A provider of keys, without a network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;

use crate::jose::algorithm::Algorithm;
use crate::keys::formats::jwk::public_members;
use crate::keys::remote::fetch::{Fetch, FetchFuture};
use crate::keys::remote::remote_jwks::RemoteJwks;
use crate::keys::source::RemoteKeys;
use crate::keys::verifying_key::VerifyingKey;

pub(super) const ISSUER: &str = "https://id.test/realms/shop";
pub(super) const URL: &str = "https://id.test/keys";

pub(super) const ONE: &str = include_str!("../../formats/throw_away/p256_public.pem");
pub(super) const TWO: &str = include_str!("../../formats/throw_away/p256_other_public.pem");

/// The members of a public key.
pub(super) fn jwk(pem: &str, kid: &str) -> serde_json::Value {
    let key = VerifyingKey::from_pem(Algorithm::ES256, pem).unwrap();
    serde_json::json!(public_members(key.public().unwrap(), Algorithm::ES256, kid))
}

pub(super) fn set(kids: &[&str]) -> String {
    let keys: Vec<_> = kids.iter().map(|kid| jwk(ONE, kid)).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

#[derive(Clone)]
pub(super) enum Answer {
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
pub(super) struct Provider(Arc<State>);

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<String, Answer>>,
    /// The URL and the `Authorization` of each request.
    asked: Mutex<Vec<(String, Option<String>)>>,
    count: AtomicU64,
}

impl Provider {
    pub(super) fn new(answer: Answer) -> Self {
        let provider = Self::default();
        provider.answers(URL, answer);
        provider
    }

    pub(super) fn answers(&self, url: &str, answer: Answer) {
        self.0.answers.lock().unwrap().insert(url.into(), answer);
    }

    pub(super) fn fetches(&self) -> u64 {
        self.0.count.load(Ordering::SeqCst)
    }

    /// The `Authorization` of the last request.
    pub(super) fn last_credential(&self) -> Option<String> {
        self.0.asked.lock().unwrap().last().and_then(|(_, credential)| credential.clone())
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.0.asked.lock().unwrap().iter().map(|(url, _)| url.clone()).collect()
    }

    pub(super) fn keys(&self, jwks: RemoteJwks) -> Arc<dyn RemoteKeys> {
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

pub(super) fn jwks() -> RemoteJwks {
    RemoteJwks::new(URL)
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
