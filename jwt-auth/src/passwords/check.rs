//! Checking a password: it is counted, waits for its turn, and then the application is asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::request::Parts;

use crate::backend::Backend;
use crate::catch_panic::{Panicked, caught, guarded};
use crate::cause::Cause;
use crate::clock::ClockError;
use crate::hooks::AuthBackend;
use crate::passwords::error::PasswordError;
use crate::passwords::throttle::fold::fold_name;
use crate::passwords::throttle::memory::MemoryThrottle;
use crate::passwords::throttle::{Attempt, Throttle};
use crate::passwords::turns::{PATIENCE, Turn, Turns};
use crate::store::error::{StoreError, StoreFuture};
use crate::time_limit::{Late, in_time};
use crate::user::not_allowed::NotAllowed;

/// The time that folding and hashing take grows with the length, so a longer name or password is wrong without being looked at.
const MAX_LENGTH: usize = 1_024;

pub(crate) type FoldName = dyn Fn(&str) -> String + Send + Sync;

/// What the builder says of passwords.
pub(crate) struct PasswordSettings {
    pub(crate) throttle: Box<dyn Throttle>,
    pub(crate) fold_name: Box<FoldName>,
    /// `None` for as many as there are processors.
    pub(crate) at_once: Option<usize>,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { throttle: Box::new(MemoryThrottle::default()), fold_name: Box::new(fold_name), at_once: None }
    }
}

/// What a check of a password needs, but for the application's function.
pub(crate) struct Passwords {
    throttle: Box<dyn Throttle>,
    fold_name: Box<FoldName>,
    turns: Turns,
    /// Of one call of the throttle.
    timeout: Duration,
}

impl Passwords {
    pub(crate) fn new(settings: PasswordSettings, timeout: Duration) -> Arc<Self> {
        let PasswordSettings { throttle, fold_name, at_once } = settings;
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let turns = Turns::new(at_once.unwrap_or_else(processors));
        Arc::new(Self { throttle, fold_name, turns, timeout })
    }

    /// Awaits an answer of the throttle within the time limit.
    async fn ask<T>(&self, answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
        let late = |Late| StoreError::new("the throttle did not answer in time");
        in_time(self.timeout, answer).await.map_err(late)?
    }

    /// Waits until the check may run.
    async fn turn(&self) -> Result<Turn<'_>, PasswordError> {
        self.turns.take().await.ok_or(PasswordError::Busy { retry_after: PATIENCE.as_secs() })
    }
}

/// An attempt that the throttle has counted. If its request is dropped while it waits for its turn it is taken back, since
/// `authenticate` was not called.
struct Counted {
    passwords: Arc<Passwords>,
    name: String,
    address: Option<IpAddr>,
    began: u64,
    is_waiting: bool,
}

impl Counted {
    /// Counts the attempt, or says why it may not go on.
    async fn begin(
        passwords: &Arc<Passwords>,
        username: &str,
        request: &Parts,
        now: u64,
    ) -> Result<Self, PasswordError> {
        let name = guarded(|| (passwords.fold_name)(username)).map_err(|Panicked| PasswordError::Panicked)?;
        let address = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let attempt = Attempt { name: &name, address };
        match passwords.ask(passwords.throttle.begin(attempt, now)).await {
            Ok(None) => Ok(Self { passwords: Arc::clone(passwords), name, address, began: now, is_waiting: true }),
            Ok(Some(retry_after)) => Err(PasswordError::TooManyAttempts { retry_after }),
            Err(error) => Err(PasswordError::Store(error)),
        }
    }

    /// The attempt was no wrong password. If the throttle's store fails now, it stays counted.
    async fn take_back(&mut self) {
        self.is_waiting = false;
        let attempt = Attempt { name: &self.name, address: self.address };
        if let Err(error) = self.passwords.ask(self.passwords.throttle.take_back(attempt, self.began)).await {
            tracing::warn!(target: "jwt_auth", "an attempt stays counted as a wrong password: {error}");
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !self.is_waiting {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (passwords, name) = (Arc::clone(&self.passwords), std::mem::take(&mut self.name));
        let mut waiting = Self { passwords, name, address: self.address, began: self.began, is_waiting: false };
        runtime.spawn(async move { waiting.take_back().await });
    }
}

fn logged<U>(checked: Result<U, PasswordError>) -> Result<U, PasswordError> {
    match &checked {
        // The throttle has logged which limit is used up.
        Err(PasswordError::TooManyAttempts { .. }) => {}
        Err(error @ PasswordError::Busy { .. }) => tracing::warn!(target: "jwt_auth", "{error}"),
        Err(error) => tracing::error!(target: "jwt_auth", "{error}"),
        Ok(_) => {}
    }
    checked
}

impl<A: AuthBackend> Backend<A> {
    /// Whether a user name and a password are right, as the token endpoint finds out: within the limits of the
    /// [`throttle`](crate::Builder::throttle), not too many at once
    /// ([`sign_ins_at_once`](crate::Builder::sign_ins_at_once)), and by the function named by `authenticate`. For sign-in
    /// handlers of your own:
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, AuthSession, GrantError, JwtUser, Login, Parts, PasswordForm};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check)] struct Auth;
    /// # fn check(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> { None }
    /// async fn sign_in(session: AuthSession<Auth>, request: Parts, form: PasswordForm) -> Result<Login, GrantError> {
    ///     let user = session.backend().check_password(&form.username, &form.password, &request).await?;
    ///     let user = user.ok_or(GrantError::InvalidGrant)?;
    ///     Ok(session.login(&user).await?)
    /// }
    /// ```
    ///
    /// `None` says that the name or the password is wrong, or that the user is [`NotAllowed`]: answer all of them alike.
    /// A name or a password of more than 1024 bytes is wrong, without being looked at or counted.
    ///
    /// # Errors
    ///
    /// [`PasswordError`] says why the password was not checked. It is logged already, and `?` makes a
    /// [`GrantError`](crate::GrantError) of it.
    pub async fn check_password(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        logged(self.count_and_check(username, password, request).await)
    }

    /// Checks a password once more that was right a moment ago. It is not counted again, and waits for its turn as others do.
    pub(crate) async fn check_password_again(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let turn = match self.inner.passwords.turn().await {
            Ok(turn) => turn,
            Err(busy) => return logged(Err(busy)),
        };
        logged(self.authenticate(turn, username, password, request).await)
    }

    async fn count_and_check(
        &self,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        if !A::SPEC.authenticates {
            return Err(PasswordError::NotDeclared);
        }
        if username.len() > MAX_LENGTH || password.len() > MAX_LENGTH {
            return Ok(None);
        }
        let passwords = &self.inner.passwords;
        let now = self.inner.now().map_err(|ClockError| PasswordError::Clock)?;
        let mut counted = Counted::begin(passwords, username, request, now).await?;
        let turn = passwords.turn().await;
        counted.is_waiting = false;
        let checked = match turn {
            Ok(turn) => self.authenticate(turn, username, password, request).await,
            Err(busy) => Err(busy),
        };
        if !matches!(checked, Ok(None)) {
            counted.take_back().await;
        }
        checked
    }

    /// Asks the application, and counts nothing.
    async fn authenticate(
        &self,
        _turn: Turn<'_>,
        username: &str,
        password: &str,
        request: &Parts,
    ) -> Result<Option<A::User>, PasswordError> {
        let config = &self.inner.config;
        match caught(async { config.authenticate(username, password, request).await }).await {
            Ok(Ok(found)) => Ok(found),
            // Answered like a wrong password, so that the caller does not learn that the user exists.
            Ok(Err(error)) if error.is::<NotAllowed>() => {
                tracing::info!(target: "jwt_auth", "no token granted: {error}");
                Ok(None)
            }
            Ok(Err(error)) => Err(PasswordError::Authenticate(Cause::new(error))),
            Err(Panicked) => Err(PasswordError::Panicked),
        }
    }
}
