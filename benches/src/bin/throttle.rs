//! Attacks a `MemoryThrottle`: `cargo run --release -p jwt-auth-benches --bin throttle -- 10000000`. The argument is the number
//! of other names that are tried, each from another address, while passwords of one name are guessed. Fails if more guesses
//! pass than the throttle promises.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use allocation_counter::measure;
use jwt_auth::{
    passwords::{Attempt, MemoryThrottle, Throttle, ThrottleLimits},
    store::StoreFuture,
};
use rustix::time::{ClockId, clock_gettime};

const NOW: u64 = 1_800_000_000;
/// Names that are first tried after the attack.
const FRESH: u32 = 1_000;
const PER_NAME: usize = 10;

fn main() {
    let others = std::env::args().nth(1).and_then(|others| others.parse().ok()).unwrap_or(10_000_000_u32);
    let room = usize::try_from(others).expect("a size").saturating_mul(2 * 3);
    let limits = ThrottleLimits::new();
    println!("{others} other names from as many other addresses, each in a counter of its own and one for both");
    attack("twice the room", &MemoryThrottle::new(limits).entries(room), others);
    attack("the default size", &MemoryThrottle::new(limits), others);
}

fn attack(title: &str, throttle: &MemoryThrottle, others: u32) {
    let (mut victim, mut first, mut last) = (0, 0.0, 0.0);
    let tenth = (others / 10).max(1);
    let memory = measure(|| {
        for round in 0..10 {
            let began = processor_time();
            for n in round * tenth..(round + 1) * tenth {
                let _ = begin(throttle, n, Some(IpAddr::V4(Ipv4Addr::from_bits(n))));
            }
            last = (processor_time() - began).as_nanos() as f64 / f64::from(tenth);
            if round == 0 {
                first = last;
            }
            // Each guess comes from a new address, so only the limit of the name can refuse it.
            for n in 0..100 {
                let address = Ipv4Addr::from_bits(u32::MAX - round * 100 - n);
                victim += usize::from(passes(throttle, "victim", Some(address.into())));
            }
        }
    });
    let fresh = |n: u32| {
        let name = format!("fresh{n}");
        (0..50).filter(|_| passes(throttle, &name, None)).count()
    };
    let passed: Vec<usize> = (0..FRESH).map(fresh).collect();
    let exactly = passed.iter().filter(|passed| **passed == PER_NAME).count();
    let (least, most) = (passed.iter().min().copied().unwrap_or(0), passed.iter().max().copied().unwrap_or(0));
    println!(
        "{title}: {victim} of 1,000 guesses at one name passed during the attack; after it {least} to {most} of 50 at each of \
         {FRESH} fresh names, exactly {PER_NAME} at {exactly}; {first:.0} ns of CPU an attempt in the first tenth and {last:.0} ns \
         in the last; {} MiB",
        memory.bytes_max >> 20
    );
    assert!(victim <= PER_NAME && most <= PER_NAME, "more guesses passed than promised");
}

fn begin(throttle: &MemoryThrottle, n: u32, address: Option<IpAddr>) -> bool {
    passes(throttle, &format!("user{n}"), address)
}

fn passes(throttle: &MemoryThrottle, name: &str, address: Option<IpAddr>) -> bool {
    at_once(throttle.begin(Attempt { name, address }, NOW)).is_none()
}

/// The CPU time of this thread, so that other programs do not matter.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = u32::try_from(time.tv_nsec).expect("less than a second");
    Duration::new(time.tv_sec.cast_unsigned(), part)
}

/// The answer of a throttle in memory, which is ready at the first poll.
fn at_once<T>(mut answer: StoreFuture<'_, T>) -> T {
    match answer.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(answer) => answer.expect("memory does not fail"),
        std::task::Poll::Pending => panic!("the answer is there at once"),
    }
}
