//! Counts what was tested, so that the test fails if it tests too little.

use std::collections::BTreeMap;

use crate::web::differential::random::Random;
use crate::web::differential::reference_guard::Verdict;
use crate::web::differential::{SCOPES, subset};

/// The credential of a request. The number stands for a set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    None,
    /// A token of the guard's own backend.
    Own(usize),
    /// A token of the other backend.
    Foreign(usize),
}

impl Credential {
    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.below(8) {
            0..=2 => Self::None,
            3 => Self::Foreign(random.below(1 << SCOPES.len())),
            _ => Self::Own(random.below(1 << SCOPES.len())),
        }
    }
}

/// What the guard must do with a request that would reach a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Open,
    /// Open, or refused as if it were closed: the reference guard does not decide which.
    OpenOrClosed,
    Admitted,
    NoCredential,
    ForeignCredential,
    LacksScope,
    /// Either of the two: the reference guard does not decide which.
    AdmittedOrLacksScope,
}

impl Outcome {
    pub(crate) fn of(verdict: &Verdict, credential: Credential) -> Self {
        match credential {
            _ if verdict.is_open && verdict.may_be_closed => Self::OpenOrClosed,
            _ if verdict.is_open => Self::Open,
            Credential::None => Self::NoCredential,
            Credential::Foreign(_) => Self::ForeignCredential,
            Credential::Own(bits) if !verdict.needed.is_subset(&subset(bits)) => Self::LacksScope,
            Credential::Own(bits) if !verdict.enough.is_subset(&subset(bits)) => Self::AdmittedOrLacksScope,
            Credential::Own(_) => Self::Admitted,
        }
    }

    /// Whether an answer with this status, from a handler or not, is the outcome.
    pub(crate) fn is(self, status: u16, has_run: bool) -> bool {
        match self {
            Self::Open | Self::Admitted => (status, has_run) == (200, true),
            Self::OpenOrClosed => matches!((status, has_run), (200, true) | (401 | 403, false)),
            Self::NoCredential | Self::ForeignCredential => (status, has_run) == (401, false),
            Self::LacksScope => (status, has_run) == (403, false),
            Self::AdmittedOrLacksScope => matches!((status, has_run), (200, true) | (403, false)),
        }
    }
}

/// How often each outcome was expected.
pub(crate) type Counts = BTreeMap<Outcome, usize>;

#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) triples: usize,
    /// Requests without a credential, to a router without layers and mounts, that were let through.
    pub(crate) opened: usize,
    pub(crate) closed: usize,
    pub(crate) layered: Counts,
    /// Requests that a layer changed.
    pub(crate) changed: Counts,
    pub(crate) mounted: Counts,
}

impl Coverage {
    /// Fails if one of the outcomes was rarely tested.
    pub(crate) fn assert_is_enough(&self, has_documents: bool) {
        let Self { triples, opened, closed, layered, changed, mounted } = self;
        let count = |counts: &Counts, outcome| counts.get(&outcome).copied().unwrap_or_default();
        let mut all = vec![
            (*opened, 50),
            (*closed, 5),
            (count(layered, Outcome::Open), 50),
            (count(changed, Outcome::Open), 500),
            (count(mounted, Outcome::Admitted), 20),
            (count(mounted, Outcome::Open), 100),
        ];
        for counts in [layered, changed, mounted] {
            all.extend([
                (count(counts, Outcome::NoCredential), 20),
                (count(counts, Outcome::ForeignCredential), 50),
                (count(counts, Outcome::Admitted), 50),
            ]);
            if has_documents {
                all.push((count(counts, Outcome::LacksScope), 50));
            }
        }
        assert!(all.iter().all(|(count, part)| count * part > *triples), "{self:#?}");
        for counts in [layered, changed, mounted] {
            let doubtful = count(counts, Outcome::AdmittedOrLacksScope);
            assert!(doubtful * 20 < counts.values().sum::<usize>(), "{self:#?}");
        }
        let doubtful = count(mounted, Outcome::OpenOrClosed);
        assert!(doubtful < count(mounted, Outcome::Open), "{self:#?}");
    }
}
