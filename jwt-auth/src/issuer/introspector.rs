//! Asks the introspection endpoint of one issuer. Requests with the same token share a call, and strangers can cause only so many.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::catch_panic::{Panicked, catch_panic_async};
use crate::issuer::introspection::Introspection;
use crate::jose::crypto::sha256;
use crate::jose::json::{self, MAX_DEPTH};
use crate::keys::remote::fetch::{Fetch, with_causes};
use crate::keys::source::KeysUnavailable;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// How many different tokens may wait for an answer at a time.
const MAX_CALLS: usize = 1_000;
/// How many tokens that are not active are remembered.
const MAX_INACTIVE: usize = 10_000;
/// How long an answer "not active" is used, in seconds.
const INACTIVE_FOR: u64 = 5;

/// The members of the answer, or `None` if the token is not active.
type Answer = Result<Option<Arc<Map<String, Value>>>, KeysUnavailable>;
type Hash = [u8; 32];

#[derive(Clone)]
pub(crate) struct Introspector(Arc<Inner>);

struct Inner {
    settings: Introspection,
    client: Arc<dyn Fetch>,
    turns: Semaphore,
    /// Never locked across an await.
    state: Mutex<State>,
}

struct State {
    calls: HashMap<Hash, watch::Receiver<Option<Answer>>>,
    /// Until when a token is known not to be active, in Unix seconds.
    inactive: HashMap<Hash, u64>,
    /// How many calls without the answer "active" are left. Calls that run already can make it negative.
    left: f64,
    filled_at: Instant,
    is_failing: bool,
}

impl Introspector {
    /// The error names the mistake in the settings.
    pub(crate) fn new(settings: Introspection) -> Result<Self, String> {
        settings.check()?;
        let client = settings.http_client()?;
        let state = State {
            calls: HashMap::new(),
            inactive: HashMap::new(),
            left: f64::from(settings.inactive_per_second),
            filled_at: Instant::now(),
            is_failing: false,
        };
        let turns = Semaphore::new(settings.at_once.min(Semaphore::MAX_PERMITS));
        Ok(Self(Arc::new(Inner { settings, client, turns, state: Mutex::new(state) })))
    }

    /// The bound for an answer "active", in seconds.
    pub(crate) fn cache_for(&self) -> u64 {
        self.0.settings.cache_for.as_secs()
    }

    /// Asks about a token. The caller has checked its length and its characters.
    pub(crate) async fn ask(&self, token: &str, now: u64) -> Answer {
        let hash = sha256(token.as_bytes()).map_err(|error| unavailable(error.to_string()))?;
        let mut answer = {
            let mut state = self.0.state();
            if state.inactive.get(&hash).is_some_and(|until| now < *until) {
                return Ok(None);
            }
            match state.calls.get(&hash) {
                Some(running) => running.clone(),
                None => self.start(&mut state, hash, token, now)?,
            }
        };
        match answer.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone().unwrap_or_else(|| Err(unavailable("the call has no answer".into()))),
            Err(_) => Err(unavailable("the call was stopped".into())),
        }
    }

    fn start(
        &self,
        state: &mut State,
        hash: Hash,
        token: &str,
        now: u64,
    ) -> Result<watch::Receiver<Option<Answer>>, KeysUnavailable> {
        let runtime = Handle::try_current().map_err(|_| unavailable("no tokio runtime runs".into()))?;
        if state.calls.len() >= MAX_CALLS {
            return Err(unavailable(format!("{MAX_CALLS} tokens already wait for the answer of the issuer")));
        }
        let (send, receive) = watch::channel(None);
        state.calls.insert(hash, receive.clone());
        let call = Call { inner: Arc::clone(&self.0), hash };
        let token = Zeroizing::new(token.to_owned());
        runtime.spawn(async move {
            let answer = call.inner.call(&token).await;
            call.inner.note(&hash, &answer, now);
            send.send_replace(Some(answer));
            drop(call);
        });
        Ok(receive)
    }
}

/// A running call. However it ends, even with its runtime, it is over when this is dropped.
struct Call {
    inner: Arc<Inner>,
    hash: Hash,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.inner.state().calls.remove(&self.hash);
    }
}

fn unavailable(error: String) -> KeysUnavailable {
    KeysUnavailable { error, retry_after: 1 }
}

impl Inner {
    async fn call(&self, token: &str) -> Answer {
        let answer = async {
            let _turn = self.turns.acquire().await.map_err(|error| error.to_string())?;
            if !self.state().has_some_left(self.settings.inactive_per_second) {
                return Ok(None);
            }
            self.send(token).await.map(Some)
        };
        let answer = match tokio::time::timeout(self.settings.timeout, answer).await {
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => {
                return Err(unavailable(
                    "too many tokens were not active lately (`inactive_per_second`), so no other is asked for now"
                        .into(),
                ));
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(format!("no answer within the timeout ({:?})", self.settings.timeout)),
        };
        let url = &self.settings.url;
        let is_active = matches!(answer, Ok(Some(_)));
        let is_news = {
            let mut state = self.state();
            if !is_active {
                state.left -= 1.0;
            }
            std::mem::replace(&mut state.is_failing, answer.is_err()) != answer.is_err()
        };
        // Logged after the lock is released, because a subscriber is code of the application.
        if let Err(error) = &answer
            && is_news
        {
            tracing::warn!(target: "jwt_auth", %url, %error, "the introspection endpoint of the issuer cannot be asked");
        }
        answer.map_err(|error| unavailable(format!("`{url}`: {error}")))
    }

    async fn send(&self, token: &str) -> Result<Option<Arc<Map<String, Value>>>, String> {
        let mut form = b"token=".to_vec();
        form_encode(token, &mut form);
        form.extend_from_slice(b"&token_type_hint=access_token");
        let request = http::Request::post(&self.settings.url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, self.credential()?)
            .body(form)
            .map_err(|error| error.to_string())?;
        let response = match catch_panic_async(async { self.client.send(request, MAX_ANSWER).await }).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(with_causes(&*error)),
            Err(Panicked) => return Err("the HTTP client panicked".into()),
        };
        let status = response.status();
        if status != http::StatusCode::OK {
            let why = match status.as_u16() {
                401 | 403 => "; check the id and the secret of the client",
                300..=399 => " (redirects are not followed)",
                _ => "",
            };
            return Err(format!("the status is {}{why}", status.as_u16()));
        }
        if response.body().len() > MAX_ANSWER {
            return Err(format!("the answer is longer than {MAX_ANSWER} bytes"));
        }
        let mut members = json::object(response.body(), MAX_DEPTH)
            .map_err(|json::NotStrict| "the answer is not one JSON object without repeated names".to_owned())?;
        match members.remove("active") {
            Some(Value::Bool(true)) => Ok(Some(Arc::new(members))),
            Some(Value::Bool(false)) => Ok(None),
            _ => Err("the answer has no member `active` that is true or false".into()),
        }
    }

    /// HTTP Basic, with the id and the secret encoded as in a form (RFC 6749 section 2.3.1).
    fn credential(&self) -> Result<HeaderValue, String> {
        let mut pair = Zeroizing::new(Vec::with_capacity(1024));
        form_encode(&self.settings.client_id, &mut pair);
        pair.push(b':');
        form_encode(&self.settings.secret, &mut pair);
        let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
        let mut value = HeaderValue::try_from(text.as_str()).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Remembers a token that is not active.
    fn note(&self, hash: &Hash, answer: &Answer, now: u64) {
        if !matches!(answer, Ok(None)) {
            return;
        }
        let mut state = self.state();
        if state.inactive.len() >= MAX_INACTIVE {
            state.inactive.retain(|_, until| now < *until);
        }
        if state.inactive.len() >= MAX_INACTIVE {
            state.inactive.clear();
        }
        state.inactive.insert(*hash, now.saturating_add(INACTIVE_FOR));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_some_left(&mut self, per_second: u32) -> bool {
        let (now, most) = (Instant::now(), f64::from(per_second));
        let more = now.saturating_duration_since(self.filled_at).as_secs_f64() * most;
        self.left = (self.left + more).min(most);
        self.filled_at = now;
        self.left >= 1.0
    }
}

fn form_encode(text: &str, form: &mut Vec<u8>) {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or_default();
    for byte in text.bytes() {
        match byte {
            b' ' => form.push(b'+'),
            b'-' | b'.' | b'_' | b'*' => form.push(byte),
            _ if byte.is_ascii_alphanumeric() => form.push(byte),
            _ => form.extend([b'%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(f)
    }
}
