//! The state of the model.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::begin::Begun;
use crate::records::end::Ending;
use crate::records::names::SessionId;
use crate::records::refresh::{Rotation, Settlement};
use crate::records::single_use::{Code, Redeemed, Redemption};
use crate::records::subject::Subject;

/// The session that exists from the start. Its first token is 0.
pub(crate) const SESSION: SessionId = SessionId([1; 16]);
/// The session that a stranger's made-up family secret names.
pub(crate) const NO_SESSION: SessionId = SessionId([9; 16]);

/// The session that a sign-in begins.
pub(crate) fn session_of(request: usize) -> SessionId {
    SessionId([u8::try_from(request).unwrap() + 100; 16])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Who {
    Client,
    Thief,
    /// Knows the id of the session, and none of its tokens.
    Stranger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Job {
    Refresh { who: Who, token: u8 },
    SignIn { is_plain: bool },
    SignOut,
    EndAll,
    Redeem,
}

/// A call of the store that replaces a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    Rotate { token: u8, next: u8, was_usable: bool, is_family: bool },
    Settle { token: u8 },
    Begin { session: SessionId, checked_at: u64 },
    End,
    EndAll,
    Block { session: SessionId },
    Redeem { redeemed: Redeemed },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Rotation(Rotation),
    Settlement(Settlement),
    Begun(Begun),
    Ending(Ending),
    AllEnded,
    Blocked,
    Redemption(Redemption),
}

/// What a request does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A refresh reads whether the token is usable, and looks the user up.
    Look,
    /// A sign-in begins to check the password.
    Check,
    /// A plain sign-in reads the summary before it is answered.
    Compare,
    Do(Effect),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) job: Job,
    /// How far the clock of its instance is ahead.
    pub(crate) ahead: u64,
    /// When it arrived, by that clock.
    pub(crate) now: u64,
    pub(crate) step: Step,
    /// Whether it waits for its newest write.
    pub(crate) waits: bool,
    pub(crate) writes: u8,
    /// Whether the client still waits for its answer.
    pub(crate) is_heard: bool,
    /// For a refresh: the successor that it will answer with.
    pub(crate) successor: u8,
    /// For a refresh: whether its token was old when it was first read.
    pub(crate) was_old: bool,
    /// For a sign-in: when the check of the password began.
    pub(crate) checked_at: u64,
    /// For a sign-in: the sign-outs everywhere that came after its check began, one bit for each request.
    pub(crate) older_than: u32,
    pub(crate) checks: u8,
}

/// A replacement on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Write {
    pub(crate) request: u8,
    pub(crate) version: u8,
    pub(crate) expected: u8,
    pub(crate) effect: Effect,
    pub(crate) outcome: Outcome,
    pub(crate) new: New,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum New {
    Subject(Subject),
    Code(Code),
}

/// A credential that was issued after a check of the user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Issued {
    pub(crate) session: Option<SessionId>,
    pub(crate) issued_at: u64,
    pub(crate) older_than: u32,
}

/// The client of the session that exists from the start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) token: u8,
    /// The request that it waits for.
    pub(crate) waits_for: Option<u8>,
    /// Whether it was refused and signs in again.
    pub(crate) is_out: bool,
}

/// What has happened. The properties check this and not only the documents, so that the protocol is not judged by its own
/// records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// The successor that each token got in the store or in an answer.
    pub(crate) successor: BTreeMap<u8, u8>,
    /// Tokens whose use is in the store.
    pub(crate) used: BTreeSet<u8>,
    pub(crate) answers: BTreeMap<u8, u8>,
    /// Tokens that were answered after their use was settled.
    pub(crate) settled: BTreeSet<u8>,
    /// Tokens for which the use was settled but the answer did not reach the client.
    pub(crate) unheard: BTreeSet<u8>,
    pub(crate) presented: BTreeSet<u8>,
    pub(crate) thief: Option<u8>,
    /// Whether the client may be signed out without a fault of the protocol.
    pub(crate) is_excused: bool,
    pub(crate) is_signed_out: bool,
    /// The sign-outs everywhere that were answered, one bit for each request.
    pub(crate) ended_all: u32,
    pub(crate) issued: Vec<Issued>,
    /// The latest expiry of an access token of the session.
    pub(crate) access_until: u64,
    /// The session of a code that was used twice, as the second use learned it.
    pub(crate) code_used_twice: Option<SessionId>,
    /// The properties that a step has broken. The documents alone do not show this.
    pub(crate) broken: BTreeSet<&'static str>,
}

/// How many steps of each kind are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// Requests of the client, including those that it repeats.
    pub(crate) refreshes: u8,
    pub(crate) thefts: u8,
    pub(crate) strangers: u8,
    pub(crate) sign_outs: u8,
    pub(crate) end_alls: u8,
    pub(crate) sign_ins: u8,
    pub(crate) plain_sign_ins: u8,
    pub(crate) redemptions: u8,
    pub(crate) crashes: u8,
    pub(crate) timeouts: u8,
    pub(crate) twice: u8,
    /// How often the client stops waiting.
    pub(crate) impatience: u8,
    pub(crate) seconds: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) time: u64,
    pub(crate) subject: (u8, Subject),
    pub(crate) code: (u8, Code),
    pub(crate) requests: Vec<Request>,
    pub(crate) writes: Vec<Write>,
    pub(crate) client: Client,
    pub(crate) left: Budget,
    pub(crate) history: History,
    pub(crate) had_faults: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
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
    /// A request that is over, whatever it was.
    pub(crate) fn over() -> Self {
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
    /// Forgets requests that can make no difference any more, so that there are fewer states.
    pub(crate) fn forget_what_is_over(&mut self) {
        let busy: BTreeSet<u8> = self.writes.iter().map(|write| write.request).collect();
        for (number, request) in self.requests.iter_mut().enumerate() {
            if request.step == Step::Over && !busy.contains(&u8::try_from(number).unwrap()) {
                *request = Request::over();
            }
        }
    }
}
