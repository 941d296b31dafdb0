//! Measures all benchmarks: the cases take turns, so that other work on the machine affects all of them alike.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The samples of one case, sorted.
#[derive(Debug)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn new(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    /// The median.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The smallest sample.
    pub(crate) fn min(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The quantile for a share from 0 to 1.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let at = (share * (self.0.len() - 1) as f64).round() as usize;
        self.0[at]
    }
}

/// Takes a sample of every case in each round, in random order, so that no case always follows the same one. The first round is
/// discarded. `sample` gets the number of the case and the list for its samples.
pub(crate) fn interleaved(cases: usize, rounds: usize, mut sample: impl FnMut(usize, &mut Vec<f64>)) -> Vec<Samples> {
    let mut all = vec![Vec::new(); cases];
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..cases).collect();
        order.sort_by_key(|case| mixed((round * cases + case) as u64));
        for case in order {
            sample(case, &mut all[case]);
        }
        if round == 0 {
            all.iter_mut().for_each(Vec::clear);
        }
    }
    all.into_iter().map(Samples::new).collect()
}

/// SplitMix64: makes a random-looking number of each number.
pub(crate) fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// The CPU time of this thread so far. It does not grow while other threads have the processor.
pub(crate) fn thread_time() -> Duration {
    since(ClockId::ThreadCPUTime)
}

/// The CPU time of all threads so far.
pub(crate) fn process_time() -> Duration {
    since(ClockId::ProcessCPUTime)
}

fn since(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}
