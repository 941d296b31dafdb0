//! What the clients saw and the memory that the example took, the tables of them, and the rules that the example must keep.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::harness::Samples;
use crate::load::visitor::Kind;
use crate::load::{SAMPLE, VISITORS};
use crate::plot::Bars;
use crate::report::{Report, grouped};

/// The 99th percentile of guarded requests may be this many times that of bare axum.
const MOST_TIME: f64 = 1.5;
/// The median of the resident memory in the last minute may be this many times that in the second minute.
const MOST_GROWTH: f64 = 1.05;
const SAMPLES_A_MINUTE: usize = (60 / SAMPLE.as_secs()) as usize;

/// The answers: how many of each kind and status there were, and how long each took, in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    statuses: BTreeMap<(Kind, u16), u64>,
    took: BTreeMap<Kind, Vec<f64>>,
}

impl Tally {
    pub(crate) fn add(&mut self, kind: Kind, status: u16, took: Duration) {
        *self.statuses.entry((kind, status)).or_default() += 1;
        self.took.entry(kind).or_default().push(1e3 * took.as_secs_f64());
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        other.statuses.into_iter().for_each(|(key, count)| *self.statuses.entry(key).or_default() += count);
        other.took.into_iter().for_each(|(kind, mut took)| self.took.entry(kind).or_default().append(&mut took));
        self
    }

    /// The number of requests of this kind.
    pub(crate) fn count(&self, kind: Kind) -> u64 {
        self.took.get(&kind).map_or(0, |took| took.len() as u64)
    }

    /// The statuses of this kind, such as `200: 1,000`.
    fn statuses(&self, kind: Kind) -> String {
        let of_kind = self.statuses.iter().filter(|((other, _), _)| *other == kind);
        let written: Vec<String> = of_kind.map(|((_, status), n)| format!("{status}: {}", grouped(*n))).collect();
        written.join(", ")
    }

    /// The times of the kinds for which the condition holds. `None` if there was no request.
    fn times(&self, is_meant: impl Fn(Kind) -> bool) -> Option<Samples> {
        let meant = self.took.iter().filter(|(kind, _)| is_meant(**kind));
        let times: Vec<f64> = meant.flat_map(|(_, took)| took).copied().collect();
        (!times.is_empty()).then(|| Samples::new(times))
    }
}

/// The figures of a run.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) tally: Tally,
    /// The resident memory in MiB, once in each `SAMPLE`.
    pub(crate) memory: Vec<f64>,
    /// The requests a second to each server.
    pub(crate) rate: f64,
}

const QUANTILES: [f64; 3] = [0.5, 0.99, 0.999];

impl Figures {
    /// The table of the requests. Times are compared with the same percentile of bare axum.
    pub(crate) fn requests(&self) -> Report {
        let bare = self.tally.times(|kind| kind == Kind::Bare).expect("requests to bare axum");
        let ratios = |times: &Samples| QUANTILES.map(|share| times.quantile(share) / bare.quantile(share));
        let (mut rows, mut bars, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut line = |name: &str, statuses: String, times: &Samples| {
            let ratios = ratios(times);
            rows.push([vec![name.to_owned(), statuses], ratios.map(|ratio| format!("{ratio:.2}")).to_vec()].concat());
            bars.push((name.replace('`', ""), ratios[1], format!("{:.2}", ratios[1])));
            notes.push(format!("{name}: {:.2?}", QUANTILES.map(|share| times.quantile(share))));
        };
        for kind in Kind::ALL {
            if let Some(times) = self.tally.times(|other| other == kind) {
                line(kind.expected().0, self.tally.statuses(kind), &times);
            }
        }
        if let Some(times) = self.tally.times(Kind::is_guarded) {
            line("the two guarded routes together", String::new(), &times);
        }
        Report {
            header: vec!["request", "status: answers", "p50", "p99", "p99.9"],
            rows,
            plot: Bars { title: "The 99th percentile under load, against that of bare axum".into(), bars },
            note: format!(
                "{VISITORS} connections and {:.0} requests a second to each server; p50, p99 and p99.9 in ms:\n{}",
                self.rate,
                notes.join("\n")
            ),
        }
    }

    /// The table of the resident memory, minute by minute.
    pub(crate) fn memory(&self) -> Report {
        let minutes: Vec<(String, Samples)> = self
            .memory
            .chunks(SAMPLES_A_MINUTE)
            .enumerate()
            .map(|(n, samples)| ((n + 1).to_string(), Samples::new(samples.to_vec())))
            .collect();
        let row = |(minute, samples): &(String, Samples)| {
            let figures = [samples.min(), samples.median(), samples.quantile(1.0)];
            [vec![minute.clone()], figures.map(|mib| format!("{mib:.1}")).to_vec()].concat()
        };
        let bar = |(minute, samples): &(String, Samples)| {
            (format!("minute {minute}"), samples.median(), format!("{:.1} MiB", samples.median()))
        };
        Report {
            header: vec!["minute", "least, MiB", "median, MiB", "most, MiB"],
            rows: minutes.iter().map(row).collect(),
            plot: Bars { title: "Resident memory of the example".into(), bars: minutes.iter().map(bar).collect() },
            note: match self.growth() {
                Some(growth) => format!("the median of the last minute is {growth:.3} times that of the second"),
                None => "the growth of the memory is only judged in runs of three minutes or more".into(),
            },
        }
    }

    /// The median of the memory in the last minute against that in the second one. The first is left out, because a server that
    /// has just started still grows.
    fn growth(&self) -> Option<f64> {
        let median = |samples: &[f64]| Samples::new(samples.to_vec()).median();
        let after_second = self.memory.get(2 * SAMPLES_A_MINUTE..).filter(|rest| rest.len() >= SAMPLES_A_MINUTE)?;
        let second = &self.memory[SAMPLES_A_MINUTE..2 * SAMPLES_A_MINUTE];
        Some(median(&after_second[after_second.len() - SAMPLES_A_MINUTE..]) / median(second))
    }

    /// What the example did not do as it should.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for ((kind, status), count) in &self.tally.statuses {
            let (name, expected) = kind.expected();
            if *status != expected {
                faults.push(format!("{name}: {count} answers {status} instead of {expected} (0: no answer)"));
            }
        }
        if let Some(growth) = self.growth().filter(|growth| *growth > MOST_GROWTH) {
            faults.push(format!(
                "the resident memory of the last minute is {growth:.3} times that of the second, more than {MOST_GROWTH}"
            ));
        }
        let p99 = |times: Option<Samples>| times.map(|times| times.quantile(0.99));
        let times = (p99(self.tally.times(Kind::is_guarded)), p99(self.tally.times(|kind| kind == Kind::Bare)));
        match times {
            (Some(guarded), Some(bare)) if guarded <= MOST_TIME * bare => {}
            _ => faults.push(format!(
                "p99 of guarded requests and of bare axum, in ms: {times:.2?}; more than {MOST_TIME} times"
            )),
        }
        faults
    }
}
