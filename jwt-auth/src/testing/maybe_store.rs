//! What a test of a store may be given.

use std::sync::Arc;

use crate::store::Store;

/// A store, or none where its server is not there.
pub trait MaybeStore {
    /// To share between tasks.
    fn shared(self) -> Option<Arc<dyn Store>>;
}

impl<S: Store> MaybeStore for S {
    fn shared(self) -> Option<Arc<dyn Store>> {
        Some(Arc::new(self))
    }
}

impl<S: Store> MaybeStore for Option<S> {
    fn shared(self) -> Option<Arc<dyn Store>> {
        self.map(|store| Arc::new(store) as _)
    }
}
