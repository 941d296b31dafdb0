//! How often a password may be tried (RFC 6749 section 4.3.2).

use std::collections::HashMap;
use std::net::IpAddr;
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

/// Slows down whoever guesses. Asked before every password is checked, and told what came of it.
pub trait Throttle: Send + Sync + 'static {
    /// For how many seconds the attempt has to wait. `None` lets it go on.
    fn wait(&self, attempt: Attempt<'_>, now: u64) -> Option<u64>;

    /// The password was wrong, or there is no such user.
    fn failed(&self, attempt: Attempt<'_>, now: u64);

    /// The password was right.
    fn succeeded(&self, attempt: Attempt<'_>, now: u64);
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
    failures: Mutex<HashMap<Key, Failures>>,
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

const CAPACITY: usize = 100_000;
/// A longer name is counted by its beginning.
const MAX_NAME: usize = 256;

impl MemoryThrottle {
    /// With these numbers of failures, within so many seconds.
    pub fn new(per_username: u32, per_address: u32, window: u64) -> Self {
        Self { per_username, per_address, window, failures: Mutex::default() }
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Key, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self, attempt: Attempt<'_>) -> impl Iterator<Item = (Key, u32)> {
        let name: String = attempt.username.chars().take(MAX_NAME).collect();
        let address = attempt.address.map(|address| (Key::Address(address), self.per_address));
        [(Key::Username(name.into()), self.per_username)].into_iter().chain(address)
    }
}

impl Default for MemoryThrottle {
    fn default() -> Self {
        Self::new(10, 100, 15 * 60)
    }
}

impl Throttle for MemoryThrottle {
    fn wait(&self, attempt: Attempt<'_>, now: u64) -> Option<u64> {
        let failures = self.failures();
        let wait = |(key, most): (Key, u32)| {
            let known = failures.get(&key).filter(|known| known.count >= most && known.until > now)?;
            known.until.checked_sub(now)
        };
        self.keys(attempt).filter_map(wait).max()
    }

    fn failed(&self, attempt: Attempt<'_>, now: u64) {
        let mut failures = self.failures();
        if failures.len() >= CAPACITY {
            failures.retain(|_, known| known.until > now);
        }
        for (key, _) in self.keys(attempt) {
            if failures.len() >= CAPACITY && !failures.contains_key(&key) {
                continue;
            }
            let known = failures.entry(key).or_insert(Failures { count: 0, until: 0 });
            if known.until <= now {
                *known = Failures { count: 0, until: now.saturating_add(self.window) };
            }
            known.count = known.count.saturating_add(1);
        }
    }

    /// The name starts anew; the address does not, or one account of one's own would let others be guessed.
    fn succeeded(&self, attempt: Attempt<'_>, _: u64) {
        let mut failures = self.failures();
        for (key, _) in self.keys(attempt) {
            if matches!(key, Key::Username(_)) {
                failures.remove(&key);
            }
        }
    }
}

/// Lets everyone try as often as they like, for services whose proxy does it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoThrottle;

impl Throttle for NoThrottle {
    fn wait(&self, _: Attempt<'_>, _: u64) -> Option<u64> {
        None
    }

    fn failed(&self, _: Attempt<'_>, _: u64) {}

    fn succeeded(&self, _: Attempt<'_>, _: u64) {}
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
            assert_eq!(throttle.wait(attempt("alice", 1), second), None);
            throttle.failed(attempt("alice", 1), second);
        }
        assert_eq!(throttle.wait(attempt("alice", 2), 10), Some(50), "from any address");
        assert_eq!(throttle.wait(attempt("bob", 1), 10), None);
        throttle.failed(attempt("bob", 1), 10);
        throttle.failed(attempt("carol", 1), 10);
        assert_eq!(throttle.wait(attempt("dave", 1), 10), Some(50), "any name from this address");
        assert_eq!(throttle.wait(attempt("dave", 2), 10), None);
        assert_eq!(throttle.wait(attempt("alice", 1), 60), None, "the time is over");
    }

    // TOK-10
    #[test]
    fn a_right_password_frees_the_name_and_not_the_address() {
        let throttle = MemoryThrottle::new(2, 2, 60);
        throttle.failed(attempt("alice", 1), 0);
        throttle.failed(attempt("alice", 1), 0);
        throttle.succeeded(attempt("alice", 1), 0);
        assert_eq!(throttle.wait(attempt("alice", 2), 1), None);
        assert_eq!(throttle.wait(attempt("bob", 1), 1), Some(59));
    }

    // TOK-10
    #[test]
    fn it_is_bounded() {
        let throttle = MemoryThrottle::new(1, 1, 60);
        for n in 0..CAPACITY + 10 {
            throttle.failed(Attempt { username: &n.to_string(), address: None }, 0);
        }
        assert_eq!(throttle.failures().len(), CAPACITY);
        throttle.failed(Attempt { username: "late", address: None }, 61);
        assert_eq!(throttle.failures().len(), 1);
    }
}
