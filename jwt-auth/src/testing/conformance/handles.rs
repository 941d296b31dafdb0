//! Two handles on one store, and helpers for the tests.

use std::sync::Arc;

use crate::store::store_trait::Store;

/// Two handles on one store.
pub type Handles = [Arc<dyn Store>; 2];

/// Two handles on one store, or none if its server is not available.
pub trait MaybeHandles {
    /// The handles, to share between tasks.
    fn shared(self) -> Option<Handles>;
}

impl<S: Store> MaybeHandles for [S; 2] {
    fn shared(self) -> Option<Handles> {
        Some(self.map(|handle| Arc::new(handle) as _))
    }
}

impl<S: Store> MaybeHandles for Option<[S; 2]> {
    fn shared(self) -> Option<Handles> {
        self.and_then(MaybeHandles::shared)
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    assert!(getrandom::fill(&mut bytes).is_ok(), "random numbers");
    bytes
}

/// The value. Panics if the store fails.
#[track_caller]
pub(crate) fn ok<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("the store fails: {error}"))
}

pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.unwrap_or_else(|_| panic!("a time after 1970")).as_secs()
}
