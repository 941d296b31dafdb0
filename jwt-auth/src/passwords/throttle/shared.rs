//! A throttle whose counters all instances share: a fixed number of cells in a database.
//!
//! A hash of the name or address, with a secret that the database keeps, says which cell counts it. Without the secret, an
//! attacker could choose names that share the cell of a victim's name.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::jose::crypto;
use crate::passwords::throttle::Attempt;
use crate::passwords::throttle::counter::{Counter, Key, Network, Rules};
use crate::passwords::throttle::counter::{Counts, period};
use crate::passwords::throttle::limits::{LimitReached, ThrottleLimits};
use crate::store::error::StoreError;

/// How many cells there are for names, for addresses, and for names from an address, each.
const DEFAULT_CELLS: u64 = 1 << 20;
/// After how many seconds the database is asked for the secret again. The secret changes only if the database has lost it.
const SECRET_LASTS: u64 = 10;
/// The shortest window, in seconds.
const SHORTEST_WINDOW: u64 = 60;

pub(crate) type Secret = [u8; 16];

/// The number of a cell. Several keys may share it.
pub(crate) type Cell = i64;

/// A database that keeps the cells. Each call is atomic.
pub(crate) trait Cells: Send + Sync + 'static {
    /// The secret that all instances use. If there is none yet, it is the proposed one.
    fn secret(&self, proposed: Secret) -> impl Future<Output = Result<Secret, StoreError>> + Send;

    /// Counts an attempt, unless the limit is used up: then it returns what was counted. The limit is not 0.
    fn count(
        &self,
        cell: Cell,
        limit: u16,
        period: u64,
        window: u64,
    ) -> impl Future<Output = Result<Option<Counts>, StoreError>> + Send;

    /// Takes back an attempt that began in this window.
    fn take_back(&self, cell: Cell, began: u64) -> impl Future<Output = Result<(), StoreError>> + Send;
}

pub(crate) struct Shared<C> {
    pub(crate) cells: C,
    pub(crate) rules: Rules,
    /// The number of cells of each kind.
    size: u64,
    /// The secret, and the time at which the database returned it.
    secret: Mutex<Option<(Secret, u64)>>,
}

impl<C> Shared<C> {
    pub(crate) fn new(cells: C) -> Self {
        Self { cells, rules: Rules::new(ThrottleLimits::new()), size: DEFAULT_CELLS, secret: Mutex::default() }
    }

    pub(crate) fn limits(self, limits: ThrottleLimits) -> Self {
        Self { rules: Rules::new(limits), ..self }
    }

    pub(crate) fn size(self, cells: u32) -> Self {
        Self { size: u64::from(cells).max(1), ..self }
    }
}

/// Leaves out the secret.
impl<C: fmt::Debug> fmt::Debug for Shared<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = [("rules", &self.rules as &dyn fmt::Debug), ("cells", &self.cells), ("size", &self.size)];
        shown
            .into_iter()
            .fold(&mut f.debug_struct("Shared"), |f, (name, value)| f.field(name, value))
            .finish_non_exhaustive()
    }
}

impl<C> Shared<C> {
    /// What is wrong with the limits. The clocks of instances differ, and a counter forgets what it counted once a clock is two
    /// windows ahead.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let limits = &self.rules.limits;
        let is_short = limits.window < SHORTEST_WINDOW;
        let short = "`throttle`: `window` is shorter than a minute; the clocks of instances differ, so wrong passwords would be forgotten";
        limits.mistake().or(is_short.then_some(short))
    }
}

impl<C: Cells> Shared<C> {
    pub(crate) async fn begin(&self, attempt: Attempt<'_>, now: u64) -> Result<Option<LimitReached>, StoreError> {
        self.rules.warn_without_address(attempt);
        let (secret, window) = (self.secret(now).await?, self.rules.limits.window);
        let began = period(now, window);
        for (done, counter) in self.rules.counters(attempt).enumerate() {
            let refused = match self.count(&secret, &counter, now, began).await {
                Ok(None) => continue,
                refused => refused,
            };
            self.take_back_from(&secret, self.rules.counters(attempt).take(done), began).await?;
            return refused.map(|refused| refused.map(|wait| LimitReached::new(counter.kind(), wait)));
        }
        Ok(None)
    }

    /// `None` if the attempt was counted, otherwise how many seconds to wait.
    async fn count(
        &self,
        secret: &Secret,
        counter: &Counter<'_>,
        now: u64,
        began: u64,
    ) -> Result<Option<u64>, StoreError> {
        let window = self.rules.limits.window;
        let full = Counts { period: began, previous: 0, latest: 0 };
        if counter.limit == 0 {
            return Ok(Some(full.wait(0, window, now)));
        }
        let cell = self.cell(secret, &counter.key)?;
        let refused = self.cells.count(cell, counter.limit, began, window).await?;
        Ok(refused.map(|counts| counts.wait(counter.limit, window, now)))
    }

    pub(crate) async fn take_back(&self, attempt: Attempt<'_>, now: u64) -> Result<(), StoreError> {
        let (secret, began) = (self.secret(now).await?, period(now, self.rules.limits.window));
        self.take_back_from(&secret, self.rules.counters(attempt), began).await
    }

    /// Takes an attempt that began in this window back from these counters.
    async fn take_back_from<'a>(
        &self,
        secret: &Secret,
        counters: impl Iterator<Item = Counter<'a>> + Send,
        began: u64,
    ) -> Result<(), StoreError> {
        for counter in counters {
            let cell = self.cell(secret, &counter.key)?;
            self.cells.take_back(cell, began).await?;
        }
        Ok(())
    }

    async fn secret(&self, now: u64) -> Result<Secret, StoreError> {
        let known = *self.secret.lock().unwrap_or_else(PoisonError::into_inner);
        let proposed = match known {
            Some((secret, since)) if now.abs_diff(since) < SECRET_LASTS => return Ok(secret),
            // If the database has lost the secret, it gets the one that this instance still has.
            Some((secret, _)) => secret,
            None => random()?,
        };
        let secret = self.cells.secret(proposed).await?;
        *self.secret.lock().unwrap_or_else(PoisonError::into_inner) = Some((secret, now));
        Ok(secret)
    }

    fn cell(&self, secret: &Secret, key: &Key<'_>) -> Result<Cell, StoreError> {
        let hash =
            crypto::sha256(&bytes(secret, key)).map_err(|_| StoreError::new("hashing needs a crypto feature"))?;
        let [a, b, c, d, e, f, g, h, ..] = hash;
        let at = u64::from_be_bytes([a, b, c, d, e, f, g, h]).checked_rem(self.size).unwrap_or(0);
        let kind = match (key.name, key.network) {
            (Some(_), None) => 0,
            (None, _) => 1,
            (Some(_), Some(_)) => 2,
        };
        let number = self.size.saturating_mul(kind).saturating_add(at);
        Cell::try_from(number).map_err(|_| StoreError::new("there are too many cells"))
    }
}

/// The bytes to hash. The first byte after the secret says which kind of network follows, and so where the name begins. So no two
/// keys have the same bytes.
fn bytes(secret: &Secret, key: &Key<'_>) -> Vec<u8> {
    let mut bytes = secret.to_vec();
    match key.network {
        None => bytes.push(0),
        Some(Network::V4(network)) => {
            bytes.push(4);
            bytes.extend_from_slice(&network);
        }
        Some(Network::V6(network)) => {
            bytes.push(6);
            bytes.extend_from_slice(&network);
        }
    }
    if let Some(name) = key.name {
        bytes.push(1);
        bytes.extend_from_slice(name.as_bytes());
    }
    bytes
}

fn random() -> Result<Secret, StoreError> {
    let mut secret = Secret::default();
    getrandom::fill(&mut secret).map_err(|_| StoreError::new("the system's random number generator failed"))?;
    Ok(secret)
}

/// A count from the database. A number that does not fit becomes the largest count.
pub(crate) fn count_of(number: i64) -> u16 {
    u16::try_from(number.max(0)).unwrap_or(u16::MAX)
}

/// Implements [`Throttle`](crate::passwords::throttle::Throttle) for a struct that is one field: a [`Shared`].
macro_rules! shared_throttle {
    ($throttle:ty) => {
        impl $throttle {
            /// Sets limits other than those of [`ThrottleLimits::new`](crate::passwords::ThrottleLimits::new). All instances
            /// should have the same limits.
            #[must_use]
            pub fn limits(self, limits: $crate::passwords::throttle::ThrottleLimits) -> Self {
                Self(self.0.limits(limits))
            }

            /// How many counters there are for names, for addresses, and for names from an address, each. 2^20 by default, and at
            /// least 1; all instances need the same number. Names or addresses that share a counter within two windows are refused
            /// sooner than the limits say.
            #[must_use]
            pub fn cells(self, cells: u32) -> Self {
                Self(self.0.size(cells))
            }
        }

        impl $crate::passwords::throttle::Throttle for $throttle {
            fn mistake(&self) -> Option<&'static str> {
                self.0.mistake()
            }

            fn begin<'t>(
                &'t self,
                attempt: $crate::passwords::throttle::Attempt<'t>,
                now: u64,
            ) -> $crate::store::StoreFuture<'t, Option<$crate::passwords::throttle::LimitReached>> {
                Box::pin(self.0.begin(attempt, now))
            }

            fn take_back<'t>(
                &'t self,
                attempt: $crate::passwords::throttle::Attempt<'t>,
                now: u64,
            ) -> $crate::store::StoreFuture<'t, ()> {
                Box::pin(self.0.take_back(attempt, now))
            }
        }
    };
}

pub(crate) use shared_throttle;
