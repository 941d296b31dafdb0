//! Where the keys of an issuer come from: the builder was given them, or they are fetched.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::jose::header::Header;
use crate::keys::key_set::{KeySet, RotatingKeys};

/// The source of an issuer's keys.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    Given(Arc<RotatingKeys>),
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "no keys are fetched"))]
    Remote(Arc<dyn RemoteKeys>),
}

/// The keys that decide about a token could not be fetched. The request is answered 503.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "only fetched keys can be missing"))]
pub(crate) struct KeysUnavailable {
    /// Why, with the URLs.
    pub(crate) error: String,
    /// The seconds until the next attempt may begin, rounded up, at least 1. A retry after that time is answered.
    pub(crate) retry_after: u64,
}

pub(crate) type RemoteFuture<'r, T> = Pin<Box<dyn Future<Output = Result<T, KeysUnavailable>> + Send + 'r>>;

/// Keys that are fetched from an issuer.
pub(crate) trait RemoteKeys: Send + Sync + fmt::Debug {
    /// The current keys, if they have been fetched. Starts a refresh in the background if it is due.
    fn key_set(&self) -> Option<Arc<KeySet>>;

    /// Waits until the first keys have been fetched. Returns at once if there are keys.
    fn ready(&self) -> RemoteFuture<'_, ()>;

    /// Waits for the key of a token, because the current set lacks it (`KeySet::find` returned `UnknownKey`): the issuer may
    /// just have published it. `issued_at` is the token's unverified `iat`, and `now` the time, both in Unix seconds.
    ///
    /// `true`: there is a newer set that has the key. `false`: the issuer has no such key. An error: nobody can tell before
    /// the next attempt. A request calls it once. Made-up names cause at most one fetch a cooldown.
    fn wait_for_key<'r>(&'r self, header: &'r Header, issued_at: Option<u64>, now: u64) -> RemoteFuture<'r, bool>;

    /// Reports that the keys may be out of date, because a signature under a known `kid` failed. The keys are fetched again in
    /// the background, at once or at the end of the cooldown.
    fn refetch(&self);
}

impl KeySource {
    pub(crate) fn key_set(&self) -> Option<Arc<KeySet>> {
        match self {
            Self::Given(keys) => Some(keys.key_set()),
            Self::Remote(remote) => remote.key_set(),
        }
    }
}
