//! Judges a store by the notes of a load: which writes succeeded, which were lost, and which reads were stale.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use jwt_auth::store::Safety;

use crate::register::{Notes, Outcome, Write};

/// The time from the failure of a server until another one had taken its place. Both times count from the start of the load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failover {
    pub(crate) began: Duration,
    pub(crate) promoted: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Two callers succeeded in replacing the same version, although no failover had lost the first replacement.
    pub(crate) double_winners: usize,
    /// The replacement of a version was lost in a failover, and the version was replaced again.
    pub(crate) replaced_again: usize,
    /// Confirmed writes that are neither in the current document nor were replaced by a later write.
    pub(crate) lost_usual: usize,
    pub(crate) lost_confirmed: usize,
    pub(crate) confirmed_usual: usize,
    pub(crate) confirmed_confirmed: usize,
    pub(crate) refused: usize,
    /// The answer was false, but the write was carried out: the client sent the call twice, and another write came in between.
    pub(crate) refused_and_done: usize,
    pub(crate) unknown: usize,
    pub(crate) reads: usize,
    pub(crate) failed_reads: usize,
    /// Reads that found a document older than a write that was confirmed before the read began and was not lost.
    pub(crate) stale_reads: usize,
    /// The longest time between that confirmation and the answer to the read.
    pub(crate) longest_stale: Duration,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "double winners {}, lost {} of {} usual and {} of {} confirmed writes (replaced again {}), refused {} (done all the \
             same {}), unknown {}, reads {} (failed {}, stale {}, the longest {:?})",
            self.double_winners,
            self.lost_usual,
            self.confirmed_usual,
            self.lost_confirmed,
            self.confirmed_confirmed,
            self.replaced_again,
            self.refused,
            self.refused_and_done,
            self.unknown,
            self.reads,
            self.failed_reads,
            self.stale_reads,
            self.longest_stale
        )
    }
}

/// The writes that led to the current documents, each with its place: 1 is the first write of its key.
fn surviving(notes: &Notes) -> HashMap<u64, usize> {
    let replaced: HashMap<u64, u64> = notes.writes.iter().map(|write| (write.number, write.replaces)).collect();
    let mut places = HashMap::new();
    for last in &notes.last {
        let mut line = Vec::new();
        let mut at = *last;
        while at != 0 {
            line.push(at);
            at = replaced[&at];
        }
        places.extend(line.iter().rev().zip(1..).map(|(number, place)| (*number, place)));
    }
    places
}

pub(crate) fn judge(notes: &Notes, failovers: &[Failover]) -> Verdict {
    let places = surviving(notes);
    let mut verdict = Verdict { reads: notes.reads.len(), failed_reads: notes.failed_reads, ..Verdict::default() };
    let mut winners: HashMap<(usize, u64), Vec<&Write>> = HashMap::new();
    for write in &notes.writes {
        let is_there = places.contains_key(&write.number);
        match (write.outcome, write.safety) {
            (Outcome::Unknown, _) => verdict.unknown += 1,
            (Outcome::Refused, _) => {
                verdict.refused += 1;
                verdict.refused_and_done += usize::from(is_there);
            }
            (Outcome::Confirmed, safety) => {
                winners.entry((write.key, write.replaces)).or_default().push(write);
                let (confirmed, lost) = match safety {
                    Safety::Usual => (&mut verdict.confirmed_usual, &mut verdict.lost_usual),
                    Safety::Confirmed => (&mut verdict.confirmed_confirmed, &mut verdict.lost_confirmed),
                };
                *confirmed += 1;
                *lost += usize::from(!is_there);
            }
        }
    }
    for mut group in winners.into_values().filter(|group| group.len() > 1) {
        group.sort_by_key(|write| write.ended);
        for pair in group.windows(2) {
            let was_lost = failovers.iter().any(|failover| {
                pair[0].ended <= failover.promoted
                    && failover.began <= pair[1].ended
                    && !places.contains_key(&pair[0].number)
            });
            *(if was_lost { &mut verdict.replaced_again } else { &mut verdict.double_winners }) += 1;
        }
    }
    count_stale(notes, &places, &mut verdict);
    verdict
}

fn count_stale(notes: &Notes, places: &HashMap<u64, usize>, verdict: &mut Verdict) {
    let known: HashMap<u64, u64> = notes.writes.iter().map(|write| (write.number, write.replaces)).collect();
    // For a lost write, the place of the last surviving write before it.
    let place = |mut number: u64| loop {
        match places.get(&number) {
            Some(place) => return *place,
            None if number == 0 => return 0,
            None => number = known[&number],
        }
    };
    // For each key, the places that were reached, in order, each with the time by which it was reached.
    let mut reached: Vec<Vec<(Duration, usize)>> = vec![Vec::new(); notes.last.len()];
    let mut confirmed: Vec<&Write> = notes.writes.iter().filter(|write| write.outcome == Outcome::Confirmed).collect();
    confirmed.sort_by_key(|write| write.ended);
    for write in confirmed {
        let Some(place) = places.get(&write.number) else { continue };
        let line = &mut reached[write.key];
        if line.last().is_none_or(|(_, before)| before < place) {
            line.push((write.ended, *place));
        }
    }
    for read in &notes.reads {
        let (line, found) = (&reached[read.key], place(read.found));
        let newer = line.partition_point(|(_, place)| *place <= found);
        if let Some((confirmed, _)) = line.get(newer)
            && *confirmed < read.began
        {
            verdict.stale_reads += 1;
            verdict.longest_stale = verdict.longest_stale.max(read.ended - *confirmed);
        }
    }
}

/// Fails if the store broke a promise that it must keep through any failure of its servers.
pub(crate) fn is_kept(notes: &Notes, verdict: &Verdict) {
    assert_eq!((verdict.double_winners, verdict.lost_confirmed), (0, 0), "{verdict}; {:?}", notes.errors);
    let numbers: HashSet<u64> = notes.writes.iter().map(|write| write.number).collect();
    assert_eq!(numbers.len(), notes.writes.len(), "every write has a number of its own");
    assert!(verdict.confirmed_usual > 0 && verdict.confirmed_confirmed > 0, "there was a load: {verdict}");
}
