//! Where the keys of an issuer come from: they are given, or somebody else publishes them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::keys::key_set::{KeySet, RotatingKeys};

/// Where an issuer's keys come from.
#[derive(Debug)]
pub(crate) enum KeySource {
    Given(RotatingKeys),
    Remote(Arc<dyn RemoteKeys>),
}

/// Keys that somebody else publishes.
pub(crate) trait RemoteKeys: Send + Sync + fmt::Debug {
    /// What is known now. Starts a refresh in the background where it is due.
    fn key_set(&self) -> Option<Arc<KeySet>>;

    /// A token named a key that is not known.
    fn missed(&self);

    /// Waits for the first keys, and for nothing later.
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
