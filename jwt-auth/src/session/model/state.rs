//! What the model is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::super::begin::Begun;
use super::super::end::Ending;
use super::super::names::SessionId;
use super::super::rotate::{Rotation, Settlement};
use super::super::single_use::{Code, Redeemed, Redemption};
use super::super::subject::Subject;

/// The session that is there from the start. Its first token is 0.
pub(super) const SESSION: SessionId = SessionId([1; 16]);
/// A session that a stranger's made-up family secret leads to.
pub(super) const NO_SESSION: SessionId = SessionId([9; 16]);

/// The session that a sign-in begins.
pub(super) fn session_of(request: usize) -> SessionId {
    SessionId([u8::try_from(request).unwrap() + 100; 16])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Who {
    Client,
    Thief,
    /// Knows the name of the session, and none of its tokens.
    Stranger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Job {
    Refresh { who: Who, token: u8 },
    SignIn { is_plain: bool },
    SignOut,
    EndAll,
    Redeem,
}

/// One call of the store that ends in a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Effect {
    Rotate { token: u8, next: u8, was_usable: bool, is_family: bool },
    Settle { token: u8 },
    Begin { session: SessionId, checked_at: u64 },
    End,
    EndAll,
    Bar { session: SessionId },
    Redeem { redeemed: Redeemed },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Rotation(Rotation),
    Settlement(Settlement),
    Begun(Begun),
    Ending(Ending),
    AllEnded,
    Barred,
    Redemption(Redemption),
}

/// What a request does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// A refresh reads whether the token is usable, and finds the user.
    Look,
    /// A sign-in begins to check the password.
    Check,
    /// A plain sign-in reads the summary before it is answered.
    Compare,
    Do(Effect),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub(super) job: Job,
    /// How far the clock of its instance is ahead.
    pub(super) ahead: u64,
    /// When it came, by that clock.
    pub(super) now: u64,
    pub(super) step: Step,
    /// Whether it waits for its newest write.
    pub(super) waits: bool,
    pub(super) writes: u8,
    /// Whether somebody waits for its answer.
    pub(super) is_heard: bool,
    /// Of a refresh: the successor that it will answer with.
    pub(super) successor: u8,
    /// Of a refresh: whether its token was old when it was first read.
    pub(super) was_old: bool,
    /// Of a sign-in.
    pub(super) checked_at: u64,
    /// Which sign-outs everywhere came after the check of a sign-in began: one bit a request.
    pub(super) older_than: u32,
    pub(super) checks: u8,
}

/// A replacement on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Write {
    pub(super) request: u8,
    pub(super) version: u8,
    pub(super) expected: u8,
    pub(super) effect: Effect,
    pub(super) outcome: Outcome,
    pub(super) new: New,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum New {
    Subject(Subject),
    Code(Code),
}

/// A credential that was handed out on a check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Issued {
    pub(super) session: Option<SessionId>,
    pub(super) issued_at: u64,
    pub(super) older_than: u32,
}

/// The one client of the session that is there from the start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client {
    pub(super) token: u8,
    /// The request that it waits for.
    pub(super) waits_for: Option<u8>,
    /// It was refused, and signs in again.
    pub(super) is_out: bool,
}

/// What has happened, apart from the documents, so that the protocol does not judge itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct History {
    /// What each token was replaced by, or was answered with.
    pub(super) successor: BTreeMap<u8, u8>,
    /// Tokens whose use is in the store.
    pub(super) used: BTreeSet<u8>,
    pub(super) answers: BTreeMap<u8, u8>,
    /// Tokens that were answered after their use was settled.
    pub(super) settled: BTreeSet<u8>,
    /// Tokens whose use was settled and whose answer reached nobody.
    pub(super) unheard: BTreeSet<u8>,
    pub(super) presented: BTreeSet<u8>,
    pub(super) thief: Option<u8>,
    /// The client may be signed out without a mistake of the protocol.
    pub(super) is_excused: bool,
    pub(super) is_signed_out: bool,
    /// The requests of sign-outs everywhere that were answered.
    pub(super) ended_all: u32,
    pub(super) issued: Vec<Issued>,
    /// The latest expiry of an access token of the session.
    pub(super) access_until: u64,
    /// The session of a code that was used twice, as the second use was told.
    pub(super) code_used_twice: Option<SessionId>,
    /// What is wrong, where a state does not show it.
    pub(super) broken: BTreeSet<&'static str>,
}

/// How much of everything is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    /// Requests of the client, those that it repeats included.
    pub(super) refreshes: u8,
    pub(super) thefts: u8,
    pub(super) strangers: u8,
    pub(super) sign_outs: u8,
    pub(super) end_alls: u8,
    pub(super) sign_ins: u8,
    pub(super) plain_sign_ins: u8,
    pub(super) redemptions: u8,
    pub(super) crashes: u8,
    pub(super) timeouts: u8,
    pub(super) twice: u8,
    /// How often the client stops waiting.
    pub(super) impatience: u8,
    pub(super) seconds: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) time: u64,
    pub(super) subject: (u8, Subject),
    pub(super) code: (u8, Code),
    pub(super) requests: Vec<Request>,
    pub(super) writes: Vec<Write>,
    pub(super) client: Client,
    pub(super) left: Budget,
    pub(super) history: History,
    pub(super) had_faults: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Refresh(Who, u8, u64),
    GiveUp,
    SignIn(bool, u64),
    SignOut(u64),
    EndAll(u64),
    Redeem(u64),
    Go(u8),
    Arrive(usize),
    ArriveTwice(usize),
    TimeOut(u8),
    Crash(u8),
    Tick,
}

impl Request {
    /// A request that has nothing to do any more, whatever it was.
    pub(super) fn over() -> Self {
        Self {
            job: Job::SignOut,
            ahead: 0,
            now: 0,
            step: Step::Over,
            waits: false,
            writes: 0,
            is_heard: false,
            successor: 0,
            was_old: false,
            checked_at: 0,
            older_than: 0,
            checks: 0,
        }
    }
}

impl State {
    /// Forgets what can make no difference any more, so that fewer states differ.
    pub(super) fn forget_what_is_over(&mut self) {
        let busy: BTreeSet<u8> = self.writes.iter().map(|write| write.request).collect();
        for (number, request) in self.requests.iter_mut().enumerate() {
            if request.step == Step::Over && !busy.contains(&u8::try_from(number).unwrap()) {
                *request = Request::over();
            }
        }
    }
}
