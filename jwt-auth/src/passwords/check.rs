//! Checks a password: counts the attempt, waits for its turn, and then asks the application.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tokio::sync::Semaphore;
use tokio::sync::SemaphorePermit;

use crate::catch_panic::Panicked;
use crate::catch_panic::catch_panic;
use crate::catch_panic::catch_panic_async;
use crate::cause::Cause;
use crate::clock::ClockError;
use crate::effects::Effects;
use crate::hooks::AuthBackend;
use crate::observer::Observed;
use crate::passwords::error::PasswordError;
use crate::passwords::throttle::Attempt;
use crate::passwords::throttle::Throttle;
use crate::passwords::throttle::fold::fold_name;
use crate::passwords::throttle::limits::LimitReached;
use crate::passwords::throttle::memory::MemoryThrottle;
use crate::store::error::StoreError;
use crate::store::error::StoreFuture;
use crate::time_limit::Late;
use crate::time_limit::in_time;
use crate::user::lookup::NotAllowed;

/// The longest name or password, in bytes. A longer one counts as wrong without a check, because the time to fold and to hash it
/// grows with its length.
const MAX_LENGTH: usize = 1_024;

pub(crate) type FoldName = dyn Fn(&str) -> String + Send + Sync;

/// The builder's settings for passwords.
pub(crate) struct PasswordSettings {
    pub(crate) throttle: Box<dyn Throttle>,
    pub(crate) fold_name: Box<FoldName>,
    /// How many checks run at once. `None` means one for each processor.
    pub(crate) at_once: Option<usize>,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { throttle: Box::new(MemoryThrottle::default()), fold_name: Box::new(fold_name), at_once: None }
    }
}

/// What a check of a password needs, besides the application's function.
pub(crate) struct Passwords {
    throttle: Box<dyn Throttle>,
    fold_name: Box<FoldName>,
    turns: Turns,
    /// The time limit of one call of the throttle.
    timeout: Duration,
    effects: Effects,
    observed: Observed,
}

impl Passwords {
    pub(crate) fn new(settings: PasswordSettings, timeout: Duration, observed: Observed) -> Arc<Self> {
        let PasswordSettings { throttle, fold_name, at_once } = settings;
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let turns = Turns::new(at_once.unwrap_or_else(processors));
        Arc::new(Self { throttle, fold_name, turns, timeout, effects: Effects::new(), observed })
    }

    /// Awaits an answer of the throttle within the time limit.
    async fn ask<T>(&self, answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
        let late = || StoreError::new("the throttle did not answer in time");
        self.observed.noting(in_time(self.timeout, answer).await.unwrap_or_else(|Late| Err(late())))
    }

    /// Waits until the attempts of clients that have gone are taken back, for as long as one call of the throttle may take.
    /// Returns how many are not.
    pub(crate) async fn finish(&self) -> usize {
        self.effects.ended(self.timeout).await
    }

    /// Waits until the check may run.
    async fn turn(&self) -> Result<Turn<'_>, PasswordError> {
        self.turns.take().await.ok_or(PasswordError::Busy { retry_after: PATIENCE.as_secs() })
    }
}

/// An attempt that the throttle has counted. If its request is dropped while it waits for its turn, the attempt is taken back,
/// because `authenticate` was not called.
struct Counted {
    passwords: Arc<Passwords>,
    name: String,
    address: Option<IpAddr>,
    began: u64,
    is_waiting: bool,
}

impl Counted {
    /// Counts the attempt. An error says why the password is not checked.
    async fn begin(
        passwords: &Arc<Passwords>,
        presented: &PresentedPassword<'_>,
        now: u64,
    ) -> Result<Self, PasswordError> {
        let (username, address) = (presented.username, presented.address);
        let name = catch_panic(|| (passwords.fold_name)(username)).map_err(|Panicked| PasswordError::Panicked)?;
        let attempt = Attempt { name: &name, address };
        match passwords.ask(passwords.throttle.begin(attempt, now)).await {
            Ok(None) => Ok(Self { passwords: Arc::clone(passwords), name, address, began: now, is_waiting: true }),
            Ok(Some(LimitReached { limit, retry_after })) => Err(PasswordError::TooManyAttempts { limit, retry_after }),
            Err(error) => Err(PasswordError::Store(error)),
        }
    }

    /// Takes the attempt back, because the password was not wrong. If the throttle fails now, the attempt stays counted.
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
        let running = waiting.passwords.effects.begin();
        runtime.spawn(async move {
            waiting.take_back().await;
            drop(running);
        });
    }
}

/// The result of a check.
pub(crate) enum Checked<U> {
    Right(U),
    Wrong,
    /// The application knows the user and does not allow the access.
    NotAllowed(NotAllowed),
}

/// A user name and a password, and the request that they came with.
#[derive(Clone, Copy)]
pub(crate) struct PresentedPassword<'r> {
    pub(crate) username: &'r str,
    pub(crate) password: &'r str,
    /// The address of the client, if it is known.
    pub(crate) address: Option<IpAddr>,
    pub(crate) request: &'r Parts,
}

impl Passwords {
    /// Checks again a password that was right a moment ago. The attempt is not counted again, but it waits for its turn.
    pub(crate) async fn check_again<A: AuthBackend>(
        &self,
        hooks: &A,
        presented: PresentedPassword<'_>,
    ) -> Result<Checked<A::User>, PasswordError> {
        ask_application(hooks, self.turn().await?, presented).await
    }

    /// Counts the attempt, waits for its turn, and asks the application.
    pub(crate) async fn check<A: AuthBackend>(
        self: &Arc<Self>,
        hooks: &A,
        presented: PresentedPassword<'_>,
        now: Result<u64, ClockError>,
    ) -> Result<Checked<A::User>, PasswordError> {
        if !A::SPEC.authenticates {
            return Err(PasswordError::NotDeclared);
        }
        if presented.username.len() > MAX_LENGTH || presented.password.len() > MAX_LENGTH {
            return Ok(Checked::Wrong);
        }
        let now = now.map_err(|ClockError| PasswordError::Clock)?;
        let mut counted = Counted::begin(self, &presented, now).await?;
        let turn = self.turn().await;
        counted.is_waiting = false;
        let checked = match turn {
            Ok(turn) => ask_application(hooks, turn, presented).await,
            Err(busy) => Err(busy),
        };
        if !matches!(checked, Ok(Checked::Wrong | Checked::NotAllowed(_))) {
            counted.take_back().await;
        }
        checked
    }
}

/// Calls the application's `authenticate`.
async fn ask_application<A: AuthBackend>(
    hooks: &A,
    _turn: Turn<'_>,
    PresentedPassword { username, password, request, .. }: PresentedPassword<'_>,
) -> Result<Checked<A::User>, PasswordError> {
    match catch_panic_async(async { hooks.check_password(username, password, request).await }).await {
        Ok(Ok(found)) => Ok(found.map_or(Checked::Wrong, Checked::Right)),
        // Answered like a wrong password, so that the caller does not learn that the user exists.
        Ok(Err(error)) => match error.downcast::<NotAllowed>() {
            Ok(reason) => Ok(Checked::NotAllowed(*reason)),
            Err(error) => Err(PasswordError::Authenticate(Cause::new(error))),
        },
        Err(Panicked) => Err(PasswordError::Panicked),
    }
}

/// How many requests may wait for each check that runs.
const WAITING: usize = 8;
/// How long a request waits. After that it is refused, and may try again after the same time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Gives checks their turns, in the order of the requests.
pub(crate) struct Turns {
    /// One permit for each check that runs and each request that waits.
    all: Semaphore,
    /// One permit for each check that runs.
    running: Semaphore,
}

/// The permission to run a check. Dropping it lets the next request run.
pub(crate) struct Turn<'t> {
    _running: SemaphorePermit<'t>,
    _place: SemaphorePermit<'t>,
}

impl Turns {
    /// Lets this many checks run at once.
    pub(crate) fn new(at_once: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS / (WAITING + 1));
        let all = at_once.saturating_mul(WAITING + 1);
        Self { all: Semaphore::new(all), running: Semaphore::new(at_once) }
    }

    /// Waits for a turn. `None` if too many requests are waiting already, or this one has waited too long.
    pub(crate) async fn take(&self) -> Option<Turn<'_>> {
        let _place = self.all.try_acquire().ok()?;
        // If a turn is free, no timer is needed, so this works on a runtime without one.
        let _running = match self.running.try_acquire() {
            Ok(running) => running,
            Err(_) => tokio::time::timeout(PATIENCE, self.running.acquire()).await.ok()?.ok()?,
        };
        Some(Turn { _running, _place })
    }
}
