//! The scenarios, and for each property the rules that it needs.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use crate::records::model::Protocol;
use crate::records::model::properties::{
    CODE, EVERYWHERE, GIVES_NOTHING, KEPT, ONCE, ONE_SUCCESSOR, REFUSED_MEANS_ENDED, SIGNED_OUT, STAYS_SIGNED_IN,
    STRANGER,
};
use crate::records::model::rules::Without;
use crate::records::model::state::Budget;
use crate::records::rules::Rules;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Retries,
    RetriesAfter503,
    RetriesWithinGrace,
    Thief,
    ThiefWithinGrace,
    SignOut,
    Everywhere,
    EverywhereTwice,
    Expiry,
    CodeUsedTwice,
    Everything,
}

use Scenario::{
    CodeUsedTwice, Everything, Everywhere, EverywhereTwice, Expiry, Retries, RetriesAfter503, RetriesWithinGrace,
    SignOut, Thief, ThiefWithinGrace,
};

const ALL: [Scenario; 11] = [
    Retries,
    RetriesAfter503,
    RetriesWithinGrace,
    Thief,
    ThiefWithinGrace,
    SignOut,
    Everywhere,
    EverywhereTwice,
    Expiry,
    CodeUsedTwice,
    Everything,
];

fn is_full() -> bool {
    std::env::var("JWT_AUTH_MODEL").is_ok_and(|bounds| bounds == "full")
}

impl Scenario {
    /// The quick bounds fit into a test run. The full ones are for the documented run.
    fn budget(self, is_full: bool) -> Budget {
        let none = Budget::default();
        // Quick or full.
        let of = |quick: u8, full: u8| if is_full { full } else { quick };
        match self {
            Retries => {
                Budget { refreshes: of(3, 4), crashes: 1, timeouts: of(1, 2), twice: of(0, 1), impatience: 1, ..none }
            }
            RetriesAfter503 => Budget { refreshes: of(4, 6), timeouts: of(2, 4), twice: of(1, 2), ..none },
            RetriesWithinGrace => Budget { refreshes: of(3, 5), timeouts: of(1, 2), crashes: 1, strangers: 1, ..none },
            Thief => Budget { refreshes: 2, thefts: 2, crashes: of(0, 1), timeouts: of(1, 2), twice: of(0, 1), ..none },
            ThiefWithinGrace => {
                Budget { refreshes: 2, thefts: 2, crashes: of(0, 1), timeouts: of(1, 2), twice: of(0, 1), ..none }
            }
            SignOut => Budget {
                refreshes: of(1, 2),
                thefts: 1,
                sign_outs: 1,
                crashes: of(0, 1),
                timeouts: 1,
                twice: of(0, 1),
                ..none
            },
            Everywhere => Budget {
                end_alls: 1,
                sign_ins: 1,
                plain_sign_ins: of(0, 1),
                refreshes: of(0, 1),
                timeouts: of(0, 1),
                seconds: 1,
                ..none
            },
            EverywhereTwice => Budget { end_alls: 2, sign_ins: of(1, 2), seconds: 1, ..none },
            Expiry => Budget { refreshes: 1, sign_outs: 1, sign_ins: 1, seconds: of(2, 4), ..none },
            CodeUsedTwice => Budget { redemptions: 2, crashes: 1, timeouts: 2, ..none },
            Everything => Budget { refreshes: 1, thefts: of(0, 1), sign_outs: 1, end_alls: 1, sign_ins: 1, ..none },
        }
    }

    fn protocol(self, is_full: bool) -> Protocol {
        let is_apart = matches!(self, Everywhere | EverywhereTwice | Expiry);
        let apart = u64::from(is_apart);
        Protocol {
            start: self.budget(is_full),
            ahead: if is_apart { vec![0, 1] } else { vec![0] },
            grace: if matches!(self, RetriesWithinGrace | ThiefWithinGrace) { 100 } else { 0 },
            is_short: self == Expiry,
            rules: Rules { leeway: 0, clocks_apart: apart, longest_access: 1_000, max_sessions: 100 },
            without: None,
        }
    }
}

// REF-01, REF-02, REF-05, REV-07, STO-02, STO-07, STO-09, COD-03, S12, S13
#[test]
fn every_property_holds_in_every_scenario() {
    let only = std::env::var("JWT_AUTH_SCENARIO").ok();
    for scenario in ALL.into_iter().filter(|one| only.as_ref().is_none_or(|only| *only == format!("{one:?}"))) {
        let checker = scenario.protocol(is_full()).checker().threads(2);
        // Depth first takes less memory. Breadth first finds shorter paths.
        if is_full() { holds(scenario, checker.spawn_dfs()) } else { holds(scenario, checker.spawn_bfs()) }
    }
}

fn holds(scenario: Scenario, checker: impl Checker<Protocol>) {
    let began = Instant::now();
    let checked = checker.join();
    let (states, depth) = (checked.unique_state_count(), checked.max_depth());
    println!("{scenario:?}: {states} states, {depth} steps deep, {:?}", began.elapsed());
    assert!(states > 100, "{scenario:?} goes somewhere");
    if let Some((name, path)) = checked.discoveries().into_iter().next() {
        panic!("{scenario:?}: not \"{name}\", by {:#?}", path.into_actions());
    }
    assert!(checked.is_done());
}

/// A property, a rule without which it does not hold, and the scenario that shows it.
const NEEDED: [(&str, Without, Scenario); 24] = [
    (ONE_SUCCESSOR, Without::CompareAndSwap, Thief),
    (ONCE, Without::Settle, Thief),
    (ONCE, Without::WhoseAttemptSettles, Thief),
    (GIVES_NOTHING, Without::Settle, Thief),
    (GIVES_NOTHING, Without::EndOfTheGraceWhenTheSuccessorIsUsed, ThiefWithinGrace),
    (REFUSED_MEANS_ENDED, Without::EndingOnReuse, Thief),
    (STAYS_SIGNED_IN, Without::RetryWhileUnsettled, RetriesAfter503),
    (STAYS_SIGNED_IN, Without::LateCallsDoNothing, RetriesAfter503),
    (STAYS_SIGNED_IN, Without::LosingARaceIsNoReuse, Retries),
    (STRANGER, Without::FamilySecret, RetriesWithinGrace),
    (SIGNED_OUT, Without::CompareAndSwap, SignOut),
    (SIGNED_OUT, Without::AnswerAfterTheWrite, SignOut),
    (EVERYWHERE, Without::CompareAndSwap, Everywhere),
    (EVERYWHERE, Without::AnswerAfterTheWrite, Everywhere),
    (EVERYWHERE, Without::StampAtTheCheck, Everywhere),
    (EVERYWHERE, Without::ComparisonInBegin, Everywhere),
    (EVERYWHERE, Without::NextSecondInBefore, Everywhere),
    (EVERYWHERE, Without::ClocksApartInBefore, Everywhere),
    (EVERYWHERE, Without::GrowingBefore, EverywhereTwice),
    (EVERYWHERE, Without::EndingSessionsEverywhere, Everywhere),
    (KEPT, Without::ClocksApartInEnded, Expiry),
    (KEPT, Without::NotingAccessUntil, Expiry),
    (CODE, Without::EntryOfBlock, CodeUsedTwice),
    (CODE, Without::CompareAndSwap, CodeUsedTwice),
];

#[test]
fn every_property_fails_without_a_rule_that_it_needs() {
    for (property, rule, scenario) in NEEDED {
        let protocol = Protocol { without: Some(rule), ..scenario.protocol(is_full()) };
        let found = HasDiscoveries::AnyOf(std::collections::BTreeSet::from([property]));
        let checked = protocol.checker().threads(2).finish_when(found).spawn_bfs().join();
        let states = checked.unique_state_count();
        let Some(path) = checked.discovery(property) else {
            panic!("{rule:?} is not needed for \"{property}\" in {scenario:?}, in {states} states");
        };
        println!("{property}: without {rule:?} it fails after {} steps", path.into_actions().len());
    }
}
