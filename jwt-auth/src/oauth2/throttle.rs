//! How often a password may be tried (RFC 6749 section 4.3.2).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who tries to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The user name, as it was sent.
    pub username: &'a str,
    /// The peer's address, where the server was made with `into_make_service_with_connect_info`. A proxy's own address, if
    /// there is one before the server: forwarding headers are never read.
    pub address: Option<IpAddr>,
}

/// Slows down whoever guesses. Every password that is checked is an attempt that failed until it is said otherwise, so of
/// many at once no more are checked than of as many one after another, and who goes away in the middle has tried.
pub trait Throttle: Send + Sync + 'static {
    /// Begins an attempt. `None` lets it go on; else it has to wait for so many seconds, and does not count.
    fn begin(&self, attempt: Attempt<'_>, now: u64) -> Option<u64>;

    /// The password was right.
    fn succeeded(&self, attempt: Attempt<'_>, now: u64);

    /// Nobody knows: `authenticate` failed.
    fn undecided(&self, attempt: Attempt<'_>, now: u64);
}

/// Counts failures in this process: 10 for a user name and 100 for an address within 15 minutes, and then none until the 15
/// minutes are over. The default.
///
/// Bounded: it remembers at most 100,000 names and addresses, and forgets the ones whose time is over first.
#[derive(Debug)]
pub struct MemoryThrottle {
    per_username: u32,
    per_address: u32,
    window: u64,
    capacity: usize,
    failures: Mutex<HashMap<Key, Failures>>,
    has_warned: AtomicBool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Username(Box<str>),
    Address(IpAddr),
}

#[derive(Debug)]
struct Failures {
    count: u32,
    until: u64,
}

/// What is over makes room, and then what has been tried least: whoever fills it with names of no use does not make it
/// forget the one that is being guessed.
fn make_room(failures: &mut HashMap<Key, Failures>, capacity: usize, now: u64) {
    if failures.len() < capacity {
        return;
    }
    failures.retain(|_, known| known.until > now);
    let mut least = 0_u32;
    while failures.len() >= capacity {
        least = least.saturating_add(1);
        failures.retain(|_, known| known.count > least);
    }
}

const CAPACITY: usize = 100_000;
/// A longer name is counted by its beginning.
const MAX_NAME: usize = 256;

impl MemoryThrottle {
    /// With these numbers of failures, within so many seconds.
    pub fn new(per_username: u32, per_address: u32, window: u64) -> Self {
        let (failures, has_warned) = (Mutex::default(), AtomicBool::new(false));
        Self { per_username, per_address, window, capacity: CAPACITY, failures, has_warned }
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name in another case, or with white space about it, may be the same user's.
    fn keys(&self, attempt: Attempt<'_>) -> impl Iterator<Item = (Key, u32)> {
        let name: String = attempt.username.trim().chars().flat_map(char::to_lowercase).take(MAX_NAME).collect();
        let address = attempt.address.map(|address| (Key::Address(address), self.per_address));
        [(Key::Username(name.into()), self.per_username)].into_iter().chain(address)
    }

    fn take_back(failures: &mut HashMap<Key, Failures>, key: &Key) {
        if let Some(known) = failures.get_mut(key) {
            known.count = known.count.saturating_sub(1);
        }
    }
}

impl Default for MemoryThrottle {
    fn default() -> Self {
        Self::new(10, 100, 15 * 60)
    }
}

impl Throttle for MemoryThrottle {
    fn begin(&self, attempt: Attempt<'_>, now: u64) -> Option<u64> {
        if attempt.address.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "jwt_auth",
                "wrong passwords are not counted by address; serve `app.into_make_service_with_connect_info::<SocketAddr>()`"
            );
        }
        let mut failures = self.failures();
        let wait = |(key, most): (Key, u32)| {
            let known = failures.get(&key).filter(|known| known.count >= most && known.until > now)?;
            known.until.checked_sub(now)
        };
        if let Some(longest) = self.keys(attempt).filter_map(wait).max() {
            return Some(longest);
        }
        make_room(&mut failures, self.capacity, now);
        for (key, _) in self.keys(attempt) {
            let known = failures.entry(key).or_insert(Failures { count: 0, until: 0 });
            if known.until <= now {
                *known = Failures { count: 0, until: now.saturating_add(self.window) };
            }
            known.count = known.count.saturating_add(1);
        }
        None
    }

    /// The name starts anew; the address keeps its other failures, or one account of one's own would let others be guessed.
    fn succeeded(&self, attempt: Attempt<'_>, _: u64) {
        let mut failures = self.failures();
        for (key, _) in self.keys(attempt) {
            match key {
                Key::Username(_) => drop(failures.remove(&key)),
                Key::Address(_) => Self::take_back(&mut failures, &key),
            }
        }
    }

    fn undecided(&self, attempt: Attempt<'_>, _: u64) {
        let mut failures = self.failures();
        self.keys(attempt).for_each(|(key, _)| Self::take_back(&mut failures, &key));
    }
}

/// Lets everyone try as often as they like, for services whose proxy does it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThrottle;

impl Throttle for NoThrottle {
    fn begin(&self, _: Attempt<'_>, _: u64) -> Option<u64> {
        None
    }

    fn succeeded(&self, _: Attempt<'_>, _: u64) {}

    fn undecided(&self, _: Attempt<'_>, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(username: &str, last: u8) -> Attempt<'_> {
        Attempt { username, address: Some(IpAddr::from([10, 0, 0, last])) }
    }

    // TOK-10
    #[test]
    fn a_name_and_an_address_have_so_many_failures() {
        let throttle = MemoryThrottle::new(3, 5, 60);
        for second in 0..3 {
            assert_eq!(throttle.begin(attempt("alice", 1), second), None);
        }
        assert_eq!(throttle.begin(attempt("alice", 2), 10), Some(50), "from any address");
        assert_eq!(throttle.begin(attempt(" ALICE ", 2), 10), Some(50), "however it is written");
        assert_eq!(throttle.begin(attempt("bob", 1), 10), None);
        assert_eq!(throttle.begin(attempt("carol", 1), 10), None);
        assert_eq!(throttle.begin(attempt("dave", 1), 10), Some(50), "any name from this address");
        assert_eq!(throttle.begin(attempt("dave", 2), 10), None);
        assert_eq!(throttle.begin(attempt("alice", 1), 60), None, "the time is over");
    }

    // TOK-10
    #[test]
    fn a_right_password_frees_the_name_and_not_the_address() {
        let throttle = MemoryThrottle::new(3, 3, 60);
        for name in ["alice", "alice", "alice"] {
            assert_eq!(throttle.begin(attempt(name, 1), 0), None);
        }
        throttle.succeeded(attempt("alice", 1), 0);
        assert_eq!(throttle.begin(attempt("alice", 2), 1), None);
        assert_eq!(throttle.begin(attempt("bob", 1), 1), None, "what was right was no failure");
        assert_eq!(throttle.begin(attempt("bob", 1), 1), Some(59), "and two were");
    }

    // TOK-10
    #[test]
    fn what_could_not_be_checked_was_no_attempt() {
        let throttle = MemoryThrottle::new(1, 1, 60);
        for _ in 0..5 {
            assert_eq!(throttle.begin(attempt("alice", 1), 0), None);
            throttle.undecided(attempt("alice", 1), 0);
        }
        throttle.undecided(attempt("nobody", 9), 0);
        assert_eq!(throttle.begin(attempt("alice", 1), 0), None);
        assert_eq!(throttle.begin(attempt("alice", 1), 0), Some(60));
    }

    // TOK-10
    #[test]
    fn it_is_bounded() {
        let throttle = MemoryThrottle { capacity: 100, ..MemoryThrottle::new(3, 3, 60) };
        let begin = |username: &str| throttle.begin(Attempt { username, address: None }, 0);
        assert_eq!((begin("alice"), begin("alice")), (None, None));
        for n in 0..1_000 {
            assert_eq!(begin(&n.to_string()), None);
            assert!(throttle.failures().len() <= 100);
        }
        assert_eq!((begin("alice"), begin("alice")), (None, Some(60)), "who is guessed is not forgotten");
    }
}
