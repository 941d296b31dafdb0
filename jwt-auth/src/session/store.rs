//! The trait of a store of documents.

use std::sync::Arc;

use super::document::{Document, Key, Summary, Version};
use crate::store::StoreFuture;

/// What a store knows under a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The document, where there is one.
    pub document: Option<Document>,
    /// The store's own clock in seconds since 1970, where it has one that others set too. Only what is past on this clock and on
    /// the instance's is removed, and clocks that disagree are logged.
    pub clock: Option<u64>,
}

/// How safe a replacement must be before it is confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safety {
    /// If it is lost, a user has to sign in again.
    Usual,
    /// If it is lost, a user who was signed out is signed in again. A store with replicas waits until they have it, and
    /// answers with an error where too few do. A store that is nearly full still takes it.
    Confirmed,
}

/// A store of sessions and revocations that every instance of a service shares. It keeps documents, and knows nothing
/// about them except when they may be forgotten.
///
/// An error denies: the request, the sign-in or the refresh is answered 503. A call that takes longer than the
/// builder's `store_timeout` is an error, and its future is dropped; it may still be carried out, wholly or not at all.
///
/// A store of your own keeps four values under a key and replaces them in one step, for example by one SQL statement. Bytes go in by
/// `as_bytes` and come out by `from_bytes`. [`store_conformance!`](crate::testing::store_conformance) tests that it does:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
///
/// use jwt_auth::{Document, Key, Reading, Safety, Store, StoreError, StoreFuture, Summary, Version};
///
/// #[derive(Clone, Default)]
/// struct Table(Arc<Mutex<HashMap<Key, Document>>>);
///
/// impl Store for Table {
///     fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
///         Box::pin(async move {
///             let rows = self.0.lock().map_err(|_| StoreError::new("the table is broken"))?;
///             Ok(Reading { document: rows.get(key).cloned(), clock: None })
///         })
///     }
///
///     fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
///         Box::pin(async move { Ok(self.read(key).await?.document.map(|document| document.summary)) })
///     }
///
///     fn replace<'s>(
///         &'s self,
///         key: &'s Key,
///         expected: Option<Version>,
///         new: Option<Document>,
///         _: Safety,
///     ) -> StoreFuture<'s, bool> {
///         Box::pin(async move {
///             let mut rows = self.0.lock().map_err(|_| StoreError::new("the table is broken"))?;
///             let found = rows.get(key).map(|document| document.version);
///             if found == new.as_ref().map(|document| document.version) {
///                 return Ok(true); // The call was sent twice.
///             }
///             if found != expected {
///                 return Ok(false); // Somebody was faster.
///             }
///             match new {
///                 Some(document) => rows.insert(*key, document),
///                 None => rows.remove(key),
///             };
///             Ok(true)
///         })
///     }
/// }
///
/// # #[cfg(test)]
/// mod tests {
///     jwt_auth::testing::store_conformance!(async {
///         let table = super::Table::default();
///         [table.clone(), table]
///     });
/// }
/// ```
pub trait Store: Send + Sync + 'static {
    /// The document of a key.
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading>;

    /// The summary of a document alone. Called once for each guarded request, so it must be quick. It must not be older
    /// than any document that a `replace` has confirmed.
    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>>;

    /// As [`read_summary`](Self::read_summary), for a store that has its answers at hand and never waits for them, such as one in this
    /// process. `None`, as by default, where it waits; always or never.
    fn summary_at_once(&self, key: &Key) -> Option<Option<Summary>> {
        let _ = key;
        None
    }

    /// Replaces the document with `new` if its version is still `expected`. `None` stands for no document, on either
    /// side. Returns false, and changes nothing, if the version is another one. Returns true if the version is that of
    /// `new` already: then the call was sent twice. Of any number of callers at once, on any number of instances,
    /// exactly one replaces a version.
    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool>;
}

/// A store that several backends of one process share.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        (**self).read(key)
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        (**self).read_summary(key)
    }

    fn summary_at_once(&self, key: &Key) -> Option<Option<Summary>> {
        (**self).summary_at_once(key)
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        (**self).replace(key, expected, new, safety)
    }
}

/// How long after `keep_until` a document is still kept, on the store's own clock: a day, so that a clock that is ahead
/// forgets nothing that is needed. Seconds.
pub(super) const MARGIN: u64 = 24 * 60 * 60;
