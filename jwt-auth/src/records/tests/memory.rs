//! The bounds of the memory store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::memory::MemoryStore;
use crate::store::store_trait::{MARGIN, Safety, Store};

fn key(n: u32) -> Key {
    let mut bytes = [0; 17];
    bytes[13..].copy_from_slice(&n.to_be_bytes());
    Key::from_bytes(&bytes).unwrap()
}

fn document(keep_until: u64) -> Document {
    let (summary, body) = (Summary::from_bytes([1]), Body::from_bytes([2]));
    Document { version: Version::random().unwrap(), keep_until, summary, body }
}

// REV-06, STO-04
#[test]
fn a_full_store_refuses_new_accounts_and_still_signs_out() {
    let store = MemoryStore::with_capacity(8);
    let mut kept = Vec::new();
    let add = |n, safety| store.replace_now(&key(n), None, Some(document(u64::MAX)), safety);
    for n in 0..6 {
        let one = document(u64::MAX);
        kept.push(one.version);
        assert_eq!(store.replace_now(&key(n), None, Some(one), Safety::Usual), Ok(true));
    }
    assert!(add(6, Safety::Usual).is_err());
    assert_eq!(store.replace_now(&key(0), Some(kept[0]), Some(document(1)), Safety::Usual), Ok(true), "known");
    assert_eq!((add(6, Safety::Confirmed), add(7, Safety::Confirmed)), (Ok(true), Ok(true)));
    assert!(add(8, Safety::Confirmed).is_err());
    assert_eq!(store.replace_now(&key(1), Some(kept[1]), None, Safety::Usual), Ok(true));
    assert_eq!(add(8, Safety::Confirmed), Ok(true));
    assert_eq!(store.count.load(Ordering::Relaxed), 8);
}

// REV-06
#[test]
fn expired_documents_make_room() {
    let clock = Arc::new(AtomicI64::new(999_000));
    let time = Arc::clone(&clock);
    let store = MemoryStore::with_capacity(4).clock(move || time.load(Ordering::Relaxed));
    for (n, keep_until) in [(0, 1_000_000 - MARGIN), (1, 1_000_001 - MARGIN), (2, 1_000_000)] {
        assert_eq!(store.replace_now(&key(n), None, Some(document(keep_until)), Safety::Usual), Ok(true));
    }
    clock.store(1_000_000, Ordering::Relaxed);
    let is_there = |n| store.summary_at_once(&key(n)).unwrap().is_some();
    assert_eq!(store.replace_now(&key(3), None, Some(document(1)), Safety::Usual), Ok(true), "it is full");
    assert_eq!((is_there(0), is_there(1), is_there(2), is_there(3)), (false, true, true, true));
    assert!(store.replace_now(&key(4), None, Some(document(1)), Safety::Usual).is_err(), "in the same second");
}
