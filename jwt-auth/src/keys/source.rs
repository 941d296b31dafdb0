//! Where the keys of an issuer come from: the builder was given them, or they are fetched.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::keys::key_set::{KeySet, RotatingKeys};

/// The source of an issuer's keys.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    Given(Arc<RotatingKeys>),
    Remote(Arc<dyn RemoteKeys>),
}

/// Keys that are fetched from an issuer.
pub(crate) trait RemoteKeys: Send + Sync + fmt::Debug {
    /// The current keys, if they have been fetched. Starts a refresh in the background if it is due.
    fn key_set(&self) -> Option<Arc<KeySet>>;

    /// Reports that a token named an unknown key, so that the keys are fetched again.
    fn missed(&self);

    /// Waits until the first keys have been fetched. Returns at once if there are keys.
    fn ready(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

impl KeySource {
    pub(crate) fn key_set(&self) -> Option<Arc<KeySet>> {
        match self {
            Self::Given(keys) => Some(keys.key_set()),
            Self::Remote(remote) => remote.key_set(),
        }
    }
}
