//! What happens to requests and writes, and the history that the properties look at.

use crate::records::model::Protocol;
use crate::records::model::properties::{GIVES_NOTHING, ONCE, ONE_SUCCESSOR, STRANGER};
use crate::records::model::rules::Without;
use crate::records::model::state::{Effect, Issued, Job, New, Outcome, SESSION, State, Step, Who};
use crate::records::names::SessionId;
use crate::records::refresh::{Rotation, Settlement};
use crate::records::subject::Entry;

impl Protocol {
    /// A write arrives at the store.
    pub(crate) fn arrive(&self, state: &mut State, at: usize, is_sent_twice: bool) {
        let mut write = if is_sent_twice { state.writes[at].clone() } else { state.writes.remove(at) };
        let current = match &write.new {
            New::Subject(_) => state.subject.0,
            New::Code(_) => state.code.0,
        };
        let mut is_first = current == write.expected;
        let mut is_done = is_first || current == write.version;
        if self.without == Some(Without::LateCallsDoNothing) {
            // A script in the store does not know what its caller has read.
            if let Effect::Rotate { was_usable, .. } = &mut write.effect {
                *was_usable = false;
            }
            (write.new, write.outcome) = self.decide(state, write.request, write.effect);
            (is_first, is_done) = (true, true);
        }
        if self.without == Some(Without::CompareAndSwap) {
            (is_first, is_done) = (true, true);
        }
        if is_first {
            self.land(state, write.effect, write.outcome, write.request, &write.new);
            match write.new {
                New::Subject(new) => state.subject = (write.version, new),
                New::Code(new) => state.code = (write.version, new),
            }
        }
        let request = &mut state.requests[usize::from(write.request)];
        let is_waited_for = request.waits && write.version == write.request * 8 + request.writes;
        if is_waited_for && is_done {
            self.go_on(state, write.request, write.outcome);
        } else if is_waited_for {
            // Another write came first: the request reads and decides again.
            request.waits = false;
        }
    }

    /// Records in the history what a write changed.
    fn land(&self, state: &mut State, effect: Effect, outcome: Outcome, number: u8, new: &New) {
        let request = &state.requests[usize::from(number)];
        match (effect, outcome) {
            (Effect::Rotate { token, next, .. }, Outcome::Rotation(Rotation::Rotated)) => {
                state.history.used.insert(token);
                self.note_successor(state, token, next);
            }
            (Effect::Settle { token }, Outcome::Settlement(Settlement::Settled)) if !request.is_heard => {
                state.history.unheard.insert(token);
            }
            (Effect::Rotate { is_family: false, .. }, _) => {
                let New::Subject(new) = new else { unreachable!() };
                if let (Some(_), Some(Entry::Ended { .. })) = (state.subject.1.live(SESSION), new.entries.get(&SESSION))
                {
                    state.history.broken.insert(STRANGER);
                }
            }
            _ => {}
        }
    }

    fn note_successor(&self, state: &mut State, token: u8, next: u8) {
        if *state.history.successor.entry(token).or_insert(next) != next {
            state.history.broken.insert(ONE_SUCCESSOR);
        }
    }

    /// Answers 200.
    pub(crate) fn answer_refresh(&self, state: &mut State, number: u8, is_settled: bool) {
        let request = state.requests[usize::from(number)].clone();
        let Job::Refresh { who, token } = request.job else { unreachable!() };
        self.note_successor(state, token, request.successor);
        let history = &mut state.history;
        let answers = history.answers.entry(token).or_default();
        *answers += 1;
        if *answers > 1 && !state.had_faults && self.grace == 0 {
            history.broken.insert(ONCE);
        }
        if request.was_old {
            history.broken.insert(GIVES_NOTHING);
        }
        if is_settled {
            history.settled.insert(token);
        }
        history.access_until = history.access_until.max(request.now + self.life());
        if who == Who::Thief {
            history.thief = Some(request.successor);
        } else if state.client.waits_for == Some(number) {
            state.client.token = request.successor;
        }
        self.unavailable(state, number);
    }

    /// Answers 200 to a sign-in.
    pub(crate) fn issue(&self, state: &mut State, number: u8, session: Option<SessionId>) {
        let request = &mut state.requests[usize::from(number)];
        request.step = Step::Over;
        let is_late_stamp = self.without == Some(Without::StampAtTheCheck);
        let issued_at = if is_late_stamp { state.time + request.ahead } else { request.checked_at };
        state.history.issued.push(Issued { session, issued_at, older_than: request.older_than });
    }

    /// The deadline passes. The write is still on its way.
    pub(crate) fn time_out(&self, state: &mut State, number: u8) {
        state.had_faults = true;
        let request = &mut state.requests[usize::from(number)];
        request.waits = false;
        match request.step {
            // The use is in the store, so the client gets its answer.
            Step::Do(Effect::Settle { .. }) => self.answer_refresh(state, number, false),
            _ => self.unavailable(state, number),
        }
    }

    /// The instance crashes, and the connection to the client breaks with it.
    pub(crate) fn crash(&self, state: &mut State, number: u8) {
        state.had_faults = true;
        state.requests[usize::from(number)].is_heard = false;
        self.unavailable(state, number);
    }

    /// The client stops waiting. The request goes on.
    pub(crate) fn give_up(&self, state: &mut State) {
        state.had_faults = true;
        if let Some(number) = state.client.waits_for.take() {
            state.requests[usize::from(number)].is_heard = false;
        }
    }
}
