//! Calls the library's decisions. Each rule can be left out, to show that a property needs it.

use crate::records::end::Ending;
use crate::records::live_session::LiveSession;
use crate::records::model::state::{Effect, NO_SESSION, Outcome, Request, SESSION};
use crate::records::names::{Attempt, SealedSuccessor, TokenHash};
use crate::records::refresh::{Rotation, Settlement, TokenUse};
use crate::records::rules::Rules;
use crate::records::subject::{Entry, Subject};

/// A rule that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Without {
    CompareAndSwap,
    LateCallsDoNothing,
    Settle,
    WhoseAttemptSettles,
    EndOfTheGraceWhenTheSuccessorIsUsed,
    EndingOnReuse,
    RetryWhileUnsettled,
    LosingARaceIsNoReuse,
    FamilySecret,
    AnswerAfterTheWrite,
    StampAtTheCheck,
    ComparisonInBegin,
    NextSecondInBefore,
    ClocksApartInBefore,
    GrowingBefore,
    EndingSessionsEverywhere,
    ClocksApartInEnded,
    NotingAccessUntil,
    EntryOfBlock,
}

/// How long an access token lives.
pub(crate) fn token_life(is_short: bool) -> u64 {
    if is_short { 1 } else { 100 }
}

pub(crate) fn session(head: u8, checked_at: u64, access_until: u64) -> LiveSession {
    LiveSession {
        checked_at,
        began_at: checked_at,
        refreshed_at: checked_at,
        idle_until: 1_000,
        ends_at: 1_000,
        client_id: String::new(),
        scope: String::new(),
        claims: String::new(),
        label: String::new(),
        head: TokenHash([head; 32]),
        previous: None,
        access_until,
    }
}

/// What the decisions need besides the document.
pub(crate) struct Call<'c> {
    pub(crate) rules: Rules,
    pub(crate) without: Option<Without>,
    pub(crate) grace: u64,
    pub(crate) life: u64,
    pub(crate) request: &'c Request,
    pub(crate) number: u8,
    /// The earlier one of the instance's clock and the store's.
    pub(crate) past: u64,
}

impl Call<'_> {
    fn lacks(&self, rule: Without) -> bool {
        self.without == Some(rule)
    }

    pub(crate) fn decide(&self, effect: Effect, subject: &mut Subject) -> Outcome {
        subject.prune(self.past, &self.rules);
        let rules = &self.rules;
        match effect {
            Effect::Rotate { token, next, was_usable, is_family } => {
                Outcome::Rotation(self.rotate(subject, token, next, was_usable, is_family))
            }
            Effect::Settle { .. } => {
                let settlement = subject.settle(SESSION, self.attempt());
                let is_anybodys = self.lacks(Without::WhoseAttemptSettles);
                Outcome::Settlement(if is_anybodys { Settlement::Settled } else { settlement })
            }
            Effect::Begin { session: id, checked_at } => {
                let stamp = match () {
                    () if self.lacks(Without::StampAtTheCheck) => self.past,
                    () if self.lacks(Without::ComparisonInBegin) => u64::MAX,
                    () => checked_at,
                };
                let session = session(id.0[0], stamp, self.request.now + self.life);
                Outcome::Begun(subject.begin(id, session, &[], rules))
            }
            Effect::End => Outcome::Ending(self.end(subject)),
            Effect::EndAll => self.end_all(subject),
            Effect::Block { session } if self.lacks(Without::EntryOfBlock) => {
                subject.end(session, rules);
                Outcome::Blocked
            }
            Effect::Block { session } => {
                subject.block(session, 1_000, rules);
                Outcome::Blocked
            }
            Effect::Redeem { .. } => unreachable!("of the code"),
        }
    }

    fn attempt(&self) -> Attempt {
        Attempt([self.number; 16])
    }

    fn rotate(&self, subject: &mut Subject, token: u8, next: u8, was_usable: bool, is_family: bool) -> Rotation {
        let knows_family = is_family || self.lacks(Without::FamilySecret);
        let access_until = if self.lacks(Without::NotingAccessUntil) { 0 } else { self.request.now + self.life };
        let used = TokenUse {
            session: if knows_family { SESSION } else { NO_SESSION },
            presented: TokenHash([token; 32]),
            attempt: self.attempt(),
            next: TokenHash([next; 32]),
            sealed: SealedSuccessor([next; 32]),
            grace: self.grace,
            idle: 1_000,
            access_until,
            was_usable: was_usable && !self.lacks(Without::LosingARaceIsNoReuse),
        };
        if self.lacks(Without::RetryWhileUnsettled) {
            let previous = subject.live_mut(SESSION).and_then(|session| session.previous.as_mut());
            if let Some(previous) = previous.filter(|previous| previous.attempt != used.attempt) {
                previous.settled = true;
            }
        }
        let before = subject.clone();
        let rotation = subject.rotate(&used, self.request.now, &self.rules);
        if rotation == Rotation::Reused && self.lacks(Without::EndingOnReuse) {
            *subject = before;
        } else if rotation == Rotation::Reused {
            self.with_margin(subject, &before);
        }
        rotation
    }

    fn end(&self, subject: &mut Subject) -> Ending {
        let before = subject.clone();
        let ending = subject.end(SESSION, &self.rules);
        self.with_margin(subject, &before);
        ending
    }

    /// Leaves out the margin for clocks that differ, if that rule is left out.
    fn with_margin(&self, subject: &mut Subject, before: &Subject) {
        if self.lacks(Without::ClocksApartInEnded) && before.live(SESSION).is_some() {
            let mut other = before.clone();
            other.end(SESSION, &Rules { clocks_apart: 0, ..self.rules });
            *subject = other;
        }
    }

    fn end_all(&self, subject: &mut Subject) -> Outcome {
        let old = subject.clone();
        let now = self.request.now;
        match self.without {
            Some(Without::NextSecondInBefore) => subject.end_all(now - 1, &self.rules),
            Some(Without::ClocksApartInBefore) => subject.end_all(now, &Rules { clocks_apart: 0, ..self.rules }),
            Some(Without::GrowingBefore) => {
                subject.before = 0;
                subject.end_all(now, &self.rules);
                subject.before = subject.before.max(old.before);
            }
            _ => subject.end_all(now, &self.rules),
        }
        if self.lacks(Without::EndingSessionsEverywhere) {
            subject.entries = old.entries;
        }
        Outcome::AllEnded
    }
}

/// Opens a sealed successor, which the model does not encrypt.
pub(crate) fn opened(sealed: SealedSuccessor) -> u8 {
    sealed.0[0]
}

/// Whether the session is live and this token can be used.
pub(crate) fn is_usable(subject: &Subject, token: u8, now: u64) -> bool {
    subject.live(SESSION).is_some_and(|session| session.is_usable(TokenHash([token; 32]), now))
}

pub(crate) fn is_live(subject: &Subject) -> bool {
    matches!(subject.entries.get(&SESSION), Some(Entry::Live(_)))
}
