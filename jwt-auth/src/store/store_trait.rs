//! The trait of a store of documents.

use std::sync::Arc;

use crate::store::document::{Document, Key, Summary, Version};
use crate::store::error::StoreFuture;

/// What a store returns for a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The document, if there is one.
    pub document: Option<Document>,
    /// The store's own clock in seconds since 1970, if it has a clock besides the instance's. An entry is removed only when it
    /// has expired on both clocks, and clocks that disagree are logged.
    pub clock: Option<u64>,
}

/// How durable a replacement must be before the store confirms it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safety {
    /// If it is lost, a user has to sign in again.
    Usual,
    /// If it is lost, a user who was signed out is signed in again. A store with replicas waits until they have the write, and
    /// returns an error if too few do. A store that is nearly full still accepts it.
    Confirmed,
}

/// A store of sessions and revocations that every instance of a service shares. It keeps documents, and knows nothing about them
/// except when it may delete them.
///
/// If a store returns an error, the request, the sign-in or the refresh gets a 503. A call that takes longer than the builder's
/// `store_timeout` counts as an error, and its future is dropped; the store may still carry it out, wholly or not at all.
///
/// A store of your own keeps the four values of a [`Document`] under each key and replaces them in one step, for example by one
/// SQL statement. Write the bytes of `as_bytes`, and turn them back with `from_bytes`. Delete a document once its `keep_until` and
/// a day have passed, or the store grows for ever. [`store_conformance!`](crate::testing::store_conformance) tests
/// your store:
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
///
/// use jwt_auth::{StoreError, store::{Document, Key, Reading, Safety, Store, StoreFuture, Summary, Version}};
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
///                 return Ok(false); // Another call was faster.
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
/// #[cfg(test)]
/// mod tests {
///     // This needs the feature `testing` of jwt-auth, and `macros` and `rt-multi-thread` of tokio, in `[dev-dependencies]`.
///     jwt_auth::testing::store_conformance!(async {
///         let table = crate::records::Table::default();
///         [table.clone(), table]
///     });
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store",
    label = "expected a type that implements `Store`, such as `MemoryStore`",
    note = "if this is the future of `connect` or `migrate`, `.await?` is missing after it"
)]
pub trait Store: Send + Sync + 'static {
    /// The document of a key.
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading>;

    /// Only the summary of a document. Called once for each guarded request, so it must be quick. It must reflect every `replace`
    /// that was confirmed before.
    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>>;

    /// Like [`read_summary`](Self::read_summary), for a store that never waits for its answers, such as one in this process. A
    /// store that may wait returns `None`, which is the default. A store must return `None` either always or never.
    fn summary_at_once(&self, key: &Key) -> Option<Option<Summary>> {
        let _ = key;
        None
    }

    /// Replaces the document with `new` if its version is still `expected`. In `expected`, `None` means that there is no document
    /// yet; in `new`, it deletes the document. Returns false, and changes nothing, if the version is another one. Returns true if
    /// the version is that of `new` already: then the call was sent twice. However many callers on however many instances try at
    /// once to replace a version, exactly one of them succeeds.
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

/// How many seconds after `keep_until` a document is still kept, on the store's own clock. It is a day, so that a store whose
/// clock is ahead deletes nothing that is needed.
pub(crate) const MARGIN: u64 = 24 * 60 * 60;
