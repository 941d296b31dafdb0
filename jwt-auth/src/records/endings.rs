//! Wakes the connections of a subject when a session of the subject ends on this instance.

use std::sync::OnceLock;

use tokio::sync::Notify;

use crate::store::document::Key;

/// Each end wakes the connections of one part, so of 10,000 connections about 40 read the store.
const PARTS: usize = 256;

/// One [`Notify`] for each part of the subjects. It is made when somebody first waits.
#[derive(Default)]
pub(crate) struct Endings(OnceLock<Box<[Notify]>>);

impl Endings {
    /// What is notified when a session of the subject with this document ends.
    pub(crate) fn of(&self, key: &Key) -> Option<&Notify> {
        let parts = self.0.get_or_init(|| (0..PARTS).map(|_| Notify::new()).collect());
        parts.get(part(key))
    }

    /// Wakes everybody who waits for an end of this subject, and a few others.
    pub(crate) fn wake(&self, key: &Key) {
        if let Some(part) = self.0.get().and_then(|parts| parts.get(part(key))) {
            part.notify_waiters();
        }
    }
}

/// The keys of subjects are hashes, so their last byte is as good as random.
fn part(key: &Key) -> usize {
    key.as_bytes().last().copied().map_or(0, usize::from)
}
