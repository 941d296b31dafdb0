//! Waits until a token is over, for connections that stay open.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::backend::open_connections::OpenConnections;
use crate::backend::{Backend, Mode, Stages};
use crate::catch_panic::{catch_panic, catch_panic_async};
use crate::hooks::AuthBackend;
use crate::issuer::verified_token::{Until, VerifiedBy, VerifiedToken};
use crate::jose::error::TokenError;
use crate::jose::token::Token;
use crate::store::document::Key;

/// Why a token is over. [`Backend::until_over`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Over {
    /// The token has expired.
    Expired,
    /// The token was revoked, its session ended, or its user was signed out everywhere; the declared `revoked` says so; or its
    /// issuer is no longer trusted.
    Ended,
    /// The token could not be checked for the whole time that [`Backend::until_over`] promises, because the store, the declared
    /// `revoked` or the clock failed. So the token may be over. To keep the connection nevertheless, call it again.
    Unknown,
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Waits until a token is over: it has expired, was revoked, its session has ended, its user was signed out everywhere, or the
    /// declared `revoked` says so. Use it for connections that stay open, such as WebSockets and event streams, because the guard
    /// looks at a token only once, when the connection begins:
    ///
    /// ```
    /// # mod sse { // axum's feature `ws` is not needed for this one.
    /// use std::convert::Infallible;
    ///
    /// use axum::response::sse::{Event, Sse};
    /// use futures_util::{Stream, StreamExt, stream};
    /// # use jwt_auth::{auth_backend, Backend, JwtUser, Token};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "cookie", user = User)] struct Auth;
    ///
    /// /// Server-sent events that end with the session.
    /// async fn news(auth: Backend<Auth>, token: Token) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    ///     let news = stream::repeat_with(|| Ok(Event::default().data("news")));
    ///     Sse::new(news.take_until(auth.until_over(&token)))
    /// }
    /// # }
    /// ```
    ///
    /// In a loop over the messages of a WebSocket, it is one more branch of `tokio::select!`:
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, session::Over, Backend, JwtUser, Token};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "cookie", user = User)] struct Auth;
    /// # struct Socket;
    /// # impl Socket { async fn recv(&mut self) -> Option<()> { None } }
    /// async fn live(auth: Backend<Auth>, token: Token, mut socket: Socket) {
    ///     let over = auth.until_over(&token);
    ///     tokio::pin!(over);
    ///     loop {
    ///         tokio::select! {
    ///             why = &mut over => return println!("closed: {why:?}"),
    ///             message = socket.recv() => if message.is_none() { return },
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// **How late.** An end on this instance is noticed at once. An end on another instance, and one that only `revoked` knows of,
    /// is noticed within [`open_connections_checked_every`](crate::Builder::open_connections_checked_every) plus
    /// [`store_timeout`](crate::Builder::store_timeout): 12 seconds by default. The expiry is noticed within a second. If the
    /// token cannot be checked for that long, the result is [`Over::Unknown`], so the bound also holds while the store is down. A
    /// [`revocation_staleness`](crate::Builder::revocation_staleness) is added to the bound.
    ///
    /// **What it costs.** The future takes about 400 bytes, so 10,000 connections take 4 MB. In each interval, every connection
    /// reads the store once and calls `revoked` once; the connections are spread over the interval, so 10,000 connections cause
    /// 1,000 reads a second by default. Between its checks a connection only has a timer.
    ///
    /// **What it covers.** It works for every token that this backend accepted, also one of another issuer, and for backends that
    /// only verify. Without a store and without `revoked`, only the expiry ends it. The user is not looked up again, and an
    /// introspection endpoint is not asked again. A key that is removed ends no connection: after a leak, restart the service. The builder's clock decides what has expired, and tokio's timers decide when to
    /// look.
    ///
    /// The time begins when the future is first polled. It needs a tokio runtime with timers.
    #[doc(alias("websocket", "sse", "session_ended", "disconnect"))]
    pub fn until_over(&self, token: &Token) -> impl Future<Output = Over> + Send + 'static + use<A, M> {
        until_over(Arc::clone(&self.stages), token.clone())
    }
}

async fn until_over<A: AuthBackend>(stages: Arc<Stages<A>>, token: Token) -> Over {
    let OpenConnections { every, limit, .. } = stages.open_connections;
    let bound = every.saturating_add(limit);
    // When the last check began that found the token good. The guard has just made one.
    let mut good_at = Instant::now();
    // When the next check is due. A check that an end has caused does not move it, so that the connections stay spread.
    let mut due = later(good_at, stages.open_connections.first());
    let mut is_first = true;
    let ending = stages.ending(&token);
    loop {
        let mut ended = pin!(ending.map(Notify::notified));
        // From here on an end wakes this connection, also during the check.
        if let Some(ended) = ended.as_mut().as_pin_mut() {
            ended.enable();
        }
        let began = Instant::now();
        if !std::mem::take(&mut is_first) {
            // Boxed, so that a connection that only waits does not need the memory.
            let check = Box::pin(stages.is_over(&token));
            match timeout_at(later(good_at, bound).max(later(began, limit)), check).await {
                Ok(Ok(Some(over))) => return over,
                Ok(Ok(None)) => {
                    good_at = began;
                    if began >= due {
                        due = later(began, every);
                    }
                }
                Ok(Err(NotAsked)) => {
                    due = later(Instant::now(), limit.div_f64(4.0).max(Duration::from_millis(10)));
                    if due >= later(good_at, bound) {
                        return Over::Unknown;
                    }
                }
                Err(_) => return Over::Unknown,
            }
        }
        rest(ended, later(Instant::now(), stages.lasts_for(&token)).min(due)).await;
    }
}

/// Waits until then, or until a session ends.
async fn rest(mut ended: Pin<&mut Option<Notified<'_>>>, until: Instant) {
    let mut sleep = pin!(sleep_until(until));
    poll_fn(|context| {
        let is_ended = ended.as_mut().as_pin_mut().is_some_and(|ended| ended.poll(context).is_ready());
        if is_ended { Poll::Ready(()) } else { sleep.as_mut().poll(context) }
    })
    .await;
}

/// A time far ahead is cut off to a day, after which it is looked at again.
fn later(from: Instant, by: Duration) -> Instant {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    from.checked_add(by.min(DAY)).unwrap_or(from)
}

/// The store, the declared `revoked` or the clock failed.
struct NotAsked;

impl<A: AuthBackend> Stages<A> {
    /// What is notified when a session of the token's user ends on this instance. `None` without a store.
    fn ending(&self, token: &Token) -> Option<&Notify> {
        let sessions = self.authenticator.sessions.as_ref()?;
        let tag = sessions.tag(token.issuer(), token.subject()).ok()?;
        sessions.driver.endings.of(&Key::subject(tag))
    }

    /// How long the token is still valid, by the builder's clock.
    fn lasts_for(&self, token: &Token) -> Duration {
        let leeway = || Some(self.authenticator.trust.find(token.issuer())?.policy.leeway);
        let left = || {
            let now = self.authenticator.now().ok()?;
            Some(token.expires_at().saturating_add(leeway().unwrap_or_default()).saturating_sub(now))
        };
        Duration::from_secs(catch_panic(left).ok().flatten().unwrap_or(1).max(1))
    }

    /// Why the token is over. `None` if it is not.
    async fn is_over(&self, token: &Token) -> Result<Option<Over>, NotAsked> {
        catch_panic_async(self.ask(token)).await.unwrap_or(Err(NotAsked))
    }

    async fn ask(&self, token: &Token) -> Result<Option<Over>, NotAsked> {
        let authenticator = &self.authenticator;
        let now = authenticator.now().map_err(|_| NotAsked)?;
        let Some(trusted) = authenticator.trust.find(token.issuer()) else { return Ok(Some(Over::Ended)) };
        if trusted.policy.is_still_valid(token, Ok(now)) == Err(TokenError::Expired) {
            return Ok(Some(Over::Expired));
        }
        let verified_by = VerifiedBy { trusted, until: Until::Second(now) };
        let verified = VerifiedToken::new(token.clone(), verified_by);
        if authenticator.is_revoked(&verified, now).await.map_err(|_| NotAsked)? {
            return Ok(Some(Over::Ended));
        }
        if A::SPEC.asks_revoked && authenticator.hooks.revoked(token).await.map_err(|_| NotAsked)? {
            return Ok(Some(Over::Ended));
        }
        Ok(None)
    }
}
