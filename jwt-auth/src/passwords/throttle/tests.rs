//! Tests of the throttle in memory.

use std::net::IpAddr;
use std::time::Duration;

use super::*;

fn now_or_never<T>(future: StoreFuture<'_, T>) -> T {
    let mut future = future;
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer.unwrap(),
        std::task::Poll::Pending => panic!("memory answers at once"),
    }
}

fn limits(per_name: u16, per_address: u16, per_both: u16) -> ThrottleLimits {
    let limits = ThrottleLimits::new().per_name(per_name).per_address(per_address).per_name_and_address(per_both);
    limits.window(Duration::from_secs(60))
}

fn attempt<'a>(name: &'a str, address: &str) -> Attempt<'a> {
    Attempt { name, address: Some(address.parse::<IpAddr>().unwrap()) }
}

fn begin(throttle: &MemoryThrottle, attempt: Attempt<'_>, now: u64) -> Option<u64> {
    now_or_never(throttle.begin(attempt, now)).map(|refused| refused.retry_after)
}

// THR-01
#[test]
fn an_interval_as_long_as_a_window_sees_no_more_than_the_limit() {
    for limit in [1, 2, 3, 10] {
        let throttle = MemoryThrottle::new(limits(limit, 100, 100));
        let mut passed = Vec::new();
        // The number of seconds between two attempts varies.
        let mut now = 600;
        for step in 0..2_000_u64 {
            now += step * 7 % 11;
            if begin(&throttle, Attempt { name: "alice", address: None }, now).is_none() {
                passed.push(now);
            }
        }
        assert!(passed.len() > 50);
        for (at, time) in passed.iter().enumerate() {
            let within = passed[at..].iter().take_while(|later| **later < time + 60).count();
            assert!(within <= usize::from(limit), "{within} within a window from {time}");
        }
    }
}

// THR-01
#[test]
fn the_wait_ends_when_an_attempt_passes_again() {
    for start in [600, 617, 659] {
        let throttle = MemoryThrottle::new(limits(3, 100, 100));
        let alice = Attempt { name: "alice", address: None };
        for now in [start, start + 15, start + 30] {
            assert_eq!(begin(&throttle, alice, now), None);
        }
        let wait = begin(&throttle, alice, start + 30).unwrap();
        assert!(wait <= 120);
        assert!(begin(&throttle, alice, start + 30 + wait - 1).is_some());
        assert_eq!(begin(&throttle, alice, start + 30 + wait), None);
    }
}

// THR-01: a clock that is set back, by little or by much, forgets nothing and locks nobody out for long.
#[test]
fn a_clock_that_is_set_back_forgets_nothing() {
    for back in [1, 59, 60, 61, 120, 6_000, 59_000] {
        let throttle = MemoryThrottle::new(limits(3, 100, 100));
        let alice = Attempt { name: "alice", address: None };
        for _ in 0..3 {
            assert_eq!(begin(&throttle, alice, 60_030), None);
        }
        let wait = begin(&throttle, alice, 60_030 - back).unwrap();
        assert!(wait <= 240, "{wait} after {back}");
        assert_eq!(begin(&throttle, alice, 60_030 - back + wait), None);
    }
}

// THR-01: a full table counts too much, and forgets nobody.
#[test]
fn other_names_and_addresses_make_it_forget_nothing() {
    let throttle = MemoryThrottle::new(limits(10, 1_000, 5)).entries(2_000);
    let mut passed = 0;
    let mut guess = |address: &str| passed += usize::from(begin(&throttle, attempt("alice", address), 600).is_none());
    guess("10.0.0.1");
    for n in 0..200_000_u32 {
        let (name, other) = (format!("user{n}"), IpAddr::from(n.to_be_bytes()));
        let _ = begin(&throttle, Attempt { name: &name, address: Some(other) }, 600);
        if n % 1_000 == 0 {
            guess(&format!("10.0.{}.1", n / 1_000));
        }
    }
    assert!((1..=10).contains(&passed), "{passed} guesses passed");
    // Nobody is refused for longer than two windows.
    assert_eq!(begin(&throttle, attempt("alice", "10.0.0.1"), 720), None);
}

// THR-01: in a table that is large enough, everybody gets exactly the limits.
#[test]
fn a_table_with_room_counts_exactly() {
    let throttle = MemoryThrottle::new(limits(10, 1_000, 1_000)).entries(1_600_000);
    for n in 0..200_000_u32 {
        let (name, address) = (format!("user{n}"), IpAddr::from(n.to_be_bytes()));
        assert_eq!(begin(&throttle, Attempt { name: &name, address: Some(address) }, 600), None);
    }
    for fresh in 0..100 {
        let name = format!("fresh{fresh}");
        let passes = || begin(&throttle, Attempt { name: &name, address: None }, 600).is_none();
        assert_eq!((0..50).filter(|_| passes()).count(), 10, "{name}");
    }
}

// THR-02
#[test]
fn the_table_has_one_size() {
    let throttle = MemoryThrottle::new(limits(3, 3, 3)).entries(1_000);
    let size = || throttle.parts.iter().map(|part| part.lock().unwrap().capacity()).sum::<usize>();
    assert_eq!(size(), 0, "nothing is taken before the first attempt");
    for n in 0..10_000_u32 {
        let (name, address) = (format!("user{n}"), IpAddr::from(n.to_be_bytes()));
        let _ = begin(&throttle, Attempt { name: &name, address: Some(address) }, 600);
    }
    assert_eq!(size(), 512, "buckets");
    assert!(MemoryThrottle::default().buckets * 16 * size_of::<memory::Bucket>() <= 8 << 20);
}

// THR-01: keys that share a slot take back their own attempts only.
#[test]
fn in_a_shared_slot_only_the_attempt_itself_is_taken_back() {
    let throttle = MemoryThrottle::new(limits(40, 100, 100)).entries(1);
    let alice = Attempt { name: "alice", address: None };
    let (mut passed, mut right) = (0, 0);
    for n in 0..1_000 {
        let name = format!("user{n}");
        let other = Attempt { name: &name, address: None };
        let may_go_on = begin(&throttle, other, 600).is_none();
        passed += usize::from(begin(&throttle, alice, 600).is_none());
        if may_go_on {
            now_or_never(throttle.take_back(other, 600));
            right += 1;
        }
    }
    assert!((1..=40).contains(&passed) && right >= passed, "{passed} passed, {right} were right");
}

// THR-01: a right password is not counted, and the wrong ones before it stay counted.
#[test]
fn a_right_password_takes_back_its_own_attempt_only() {
    let throttle = MemoryThrottle::new(limits(100, 100, 5));
    let alice = attempt("alice", "10.0.0.1");
    for _ in 0..4 {
        assert_eq!(begin(&throttle, alice, 600), None);
        for _ in 0..200 {
            assert_eq!(begin(&throttle, alice, 600), None);
            now_or_never(throttle.take_back(alice, 600));
        }
    }
    assert_eq!(begin(&throttle, alice, 600), None, "the fifth wrong one");
    assert!(begin(&throttle, alice, 600).is_some());
}

// THR-01: an attempt that ends late takes back no attempt of a later window.
#[test]
fn a_late_take_back_leaves_later_attempts_counted() {
    let throttle = MemoryThrottle::new(limits(3, 100, 100));
    let alice = Attempt { name: "alice", address: None };
    assert_eq!(begin(&throttle, alice, 600), None);
    for _ in 0..3 {
        assert_eq!(begin(&throttle, alice, 720), None);
    }
    now_or_never(throttle.take_back(alice, 600));
    assert!(begin(&throttle, alice, 720).is_some());
}

// THR-01: all of a long name counts.
#[test]
fn long_names_are_kept_apart() {
    let throttle = MemoryThrottle::new(limits(1, 100, 100));
    let long = "a".repeat(2_000);
    for end in ["b", "c", "d"] {
        let name = format!("{long}{end}");
        assert_eq!(begin(&throttle, Attempt { name: &name, address: None }, 600), None);
        assert!(begin(&throttle, Attempt { name: &name, address: None }, 600).is_some());
    }
}

/// The times of the wrong passwords that passed: for each name, each address, and each name from an address.
#[derive(Default)]
struct Wrong(std::collections::HashMap<(Option<u8>, Option<u8>), Vec<u64>>);

impl Wrong {
    fn keys(name: u8, address: u8) -> [(Option<u8>, Option<u8>); 3] {
        [(Some(name), None), (None, Some(address)), (Some(name), Some(address))]
    }

    fn add(&mut self, name: u8, address: u8, now: u64) {
        Self::keys(name, address).iter().for_each(|key| self.0.entry(*key).or_default().push(now));
    }

    /// Asserts that within the window that ends now, no more wrong passwords passed than each limit allows.
    fn assert_within(&self, name: u8, address: u8, now: u64, limits: [usize; 3]) {
        for (key, limit) in Self::keys(name, address).iter().zip(limits) {
            let within = self.0.get(key).map_or(0, |times| times.iter().filter(|time| **time + 60 > now).count());
            assert!(within <= limit, "{within} of {limit} for {key:?}");
        }
    }
}

// THR-01: in any order of attempts, in tables of any size, no more pass than an exact count allows.
#[test]
fn whatever_is_tried_no_more_passes_than_promised() {
    let mut seed = 7_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for entries in [1, 40, 100, 100_000] {
        for _ in 0..5 {
            let throttle = MemoryThrottle::new(limits(4, 9, 2)).entries(entries);
            let (mut wrong, mut checking, mut now, mut passed) = (Wrong::default(), Vec::new(), 600, 0);
            for _ in 0..3_000 {
                now += random(12) / 10 * random(30);
                // The password was right, or the check failed. This is known at once or much later.
                if random(5) == 0 && !checking.is_empty() {
                    let (name, address, began) = checking.swap_remove(random(checking.len() as u64) as usize);
                    now_or_never(throttle.take_back(Attempt { name: &format!("user{name}"), address }, began));
                }
                let (name, address) = (random(60) as u8, random(40) as u8);
                let text = format!("user{name}");
                let attempt = Attempt { name: &text, address: Some(IpAddr::from([10, 0, 0, address])) };
                if begin(&throttle, attempt, now).is_some() {
                    continue;
                }
                passed += 1;
                if random(5) == 0 {
                    checking.push((name, attempt.address, now));
                } else {
                    wrong.add(name, address, now);
                    wrong.assert_within(name, address, now, [4, 9, 2]);
                }
            }
            assert!(passed > 20, "{passed} of {entries}");
        }
    }
}
