//! The steps of a request, with the names that they have in the library.

use crate::records::begin::Begun;
use crate::records::model::Protocol;
use crate::records::model::properties::{REFUSED_MEANS_ENDED, STAYS_SIGNED_IN};
use crate::records::model::rules::{Call, Without, is_live, is_usable, opened};
use crate::records::model::state::{Effect, Job, New, Outcome, Request, State, Step, Who, Write, session_of};
use crate::records::refresh::{Rotation, Settlement};
use crate::records::single_use::{Redeemed, Redemption};
use crate::store::subject_tag::SubjectTag;

/// How often an endpoint checks the password of one request.
const CHECKS: u8 = 2;

impl Protocol {
    /// A request arrives.
    pub(crate) fn receive(&self, state: &mut State, job: Job, ahead: u64) {
        let number = state.requests.len();
        let step = match job {
            Job::Refresh { .. } => Step::Look,
            Job::SignIn { .. } => Step::Check,
            Job::SignOut => Step::Do(Effect::End),
            Job::EndAll => Step::Do(Effect::EndAll),
            Job::Redeem => {
                let (tag, session) = (SubjectTag([0; 16]), session_of(number));
                Step::Do(Effect::Redeem { redeemed: Redeemed { tag, session, access_until: 100 } })
            }
        };
        match job {
            Job::Refresh { who: Who::Client, token } => {
                state.client.waits_for = u8::try_from(number).ok();
                state.history.presented.insert(token);
            }
            Job::EndAll => {
                let bit = 1 << number;
                state.history.issued.iter_mut().for_each(|issued| issued.older_than |= bit);
                let checked = state.requests.iter_mut().filter(|request| request.checks > 0);
                checked.for_each(|request| request.older_than |= bit);
            }
            _ => {}
        }
        state.requests.push(Request { job, ahead, now: state.time + ahead, step, is_heard: true, ..Request::over() });
    }

    /// Runs the next step of a request that waits for nothing.
    pub(crate) fn go(&self, state: &mut State, number: u8) {
        let now = state.time;
        let (history, subject) = (&state.history, &state.subject.1);
        let request = &mut state.requests[usize::from(number)];
        match request.step {
            Step::Look => {
                let Job::Refresh { who, token } = request.job else { unreachable!() };
                let was_usable = is_usable(subject, token, request.now);
                request.was_old = (self.grace == 0 && history.settled.contains(&token))
                    || history.successor.get(&token).is_some_and(|next| history.used.contains(next));
                // The client gave this request up and went on before it was first read.
                let is_late = who == Who::Client && !request.is_heard && !was_usable;
                let is_family = who != Who::Stranger;
                request.step = Step::Do(Effect::Rotate { token, next: number + 1, was_usable, is_family });
                state.history.is_excused |= is_late;
            }
            Step::Check => {
                // For a repeated check, `checked_at` is already set.
                request.checked_at = request.checked_at.max(now + request.ahead);
                (request.checks, request.older_than) = (request.checks + 1, 0);
                let begin = Effect::Begin { session: session_of(usize::from(number)), checked_at: request.checked_at };
                let is_plain = request.job == Job::SignIn { is_plain: true };
                request.step = if is_plain { Step::Compare } else { Step::Do(begin) };
            }
            Step::Compare => {
                let before = subject.before;
                if request.checked_at < before && self.without != Some(Without::ComparisonInBegin) {
                    self.check_again(state, number, before);
                } else {
                    self.issue(state, number, None);
                }
            }
            Step::Do(effect) => self.decide_and_send(state, number, effect),
            Step::Over => {}
        }
    }

    pub(crate) fn decide(&self, state: &State, number: u8, effect: Effect) -> (New, Outcome) {
        let request = &state.requests[usize::from(number)];
        if let Effect::Redeem { redeemed } = effect {
            let mut code = state.code.1.clone();
            let redemption = code.redeem(redeemed, request.now);
            return (New::Code(code), Outcome::Redemption(redemption));
        }
        let mut subject = state.subject.1.clone();
        // Without this rule, an old token within its grace gets its successor although the successor was used.
        if let (Effect::Rotate { token, .. }, Some(Without::EndOfTheGraceWhenTheSuccessorIsUsed)) =
            (effect, self.without)
            && let Some(next) = state.history.successor.get(&token).filter(|_| state.history.used.contains(&token))
        {
            let sealed = crate::records::names::SealedSuccessor([*next; 32]);
            return (New::Subject(subject), Outcome::Rotation(Rotation::Grace(sealed)));
        }
        let past = state.time + request.ahead;
        let call = Call {
            rules: self.rules,
            without: self.without,
            grace: self.grace,
            life: self.life(),
            request,
            number,
            past,
        };
        let outcome = call.decide(effect, &mut subject);
        (New::Subject(subject), outcome)
    }

    fn decide_and_send(&self, state: &mut State, number: u8, effect: Effect) {
        let (new, outcome) = self.decide(state, number, effect);
        if let Step::Do(Effect::Rotate { token, was_usable, .. }) = &mut state.requests[usize::from(number)].step {
            *was_usable |= is_usable(&state.subject.1, *token, state.time);
        }
        let (is_unchanged, expected) = match &new {
            New::Subject(new) => (*new == state.subject.1, state.subject.0),
            New::Code(new) => (*new == state.code.1, state.code.0),
        };
        if is_unchanged {
            return self.go_on(state, number, outcome);
        }
        let request = &mut state.requests[usize::from(number)];
        request.writes += 1;
        let version = number * 8 + request.writes;
        request.waits = true;
        state.writes.push(Write { request: number, version, expected, effect, outcome, new });
        state.writes.sort_by_key(|write| write.version);
        if self.without == Some(Without::AnswerAfterTheWrite) && matches!(effect, Effect::End | Effect::EndAll) {
            self.go_on(state, number, outcome);
        }
    }

    /// Continues a request with the outcome of its effect.
    pub(crate) fn go_on(&self, state: &mut State, number: u8, outcome: Outcome) {
        let request = &mut state.requests[usize::from(number)];
        request.waits = false;
        let token = match request.job {
            Job::Refresh { token, .. } => token,
            _ => 0,
        };
        match outcome {
            Outcome::Rotation(Rotation::Rotated) => {
                request.successor = number + 1;
                self.then_settle(state, number, token);
            }
            Outcome::Rotation(Rotation::TakenOver(sealed)) => {
                request.successor = opened(sealed);
                self.then_settle(state, number, token);
            }
            Outcome::Rotation(Rotation::Grace(sealed)) => {
                request.successor = opened(sealed);
                self.answer_refresh(state, number, false);
            }
            Outcome::Settlement(Settlement::Settled) => self.answer_refresh(state, number, true),
            Outcome::Rotation(Rotation::Overtaken) | Outcome::Settlement(Settlement::Superseded) => {
                self.unavailable(state, number);
            }
            Outcome::Rotation(Rotation::Reused | Rotation::Unknown) => self.refuse(state, number, token),
            Outcome::Begun(Begun::Begun) => self.issue(state, number, Some(session_of(usize::from(number)))),
            Outcome::Begun(Begun::Stale(before)) => self.check_again(state, number, before),
            Outcome::Begun(Begun::Blocked | Begun::Full) => self.unavailable(state, number),
            Outcome::Ending(_) => {
                state.history.is_signed_out = true;
                request.step = Step::Over;
            }
            Outcome::AllEnded => {
                state.history.ended_all |= 1 << number;
                request.step = Step::Over;
            }
            Outcome::Blocked => {
                if let Step::Do(Effect::Block { session }) = request.step {
                    state.history.code_used_twice = Some(session);
                }
                request.step = Step::Over;
            }
            Outcome::Redemption(Redemption::First) => {
                let session = session_of(usize::from(number));
                request.step = Step::Do(Effect::Begin { session, checked_at: request.now });
            }
            Outcome::Redemption(Redemption::Again(first)) => {
                request.step = Step::Do(Effect::Block { session: first.session });
            }
            Outcome::Redemption(Redemption::Expired) => request.step = Step::Over,
        }
    }

    fn then_settle(&self, state: &mut State, number: u8, token: u8) {
        if self.without == Some(Without::Settle) {
            return self.answer_refresh(state, number, true);
        }
        state.requests[usize::from(number)].step = Step::Do(Effect::Settle { token });
    }

    /// Checks the password again. The new check gets a time at which it is not stale.
    fn check_again(&self, state: &mut State, number: u8, before: u64) {
        let request = &mut state.requests[usize::from(number)];
        if request.checks >= CHECKS {
            return self.unavailable(state, number);
        }
        (request.step, request.checked_at) = (Step::Check, before);
    }

    pub(crate) fn unavailable(&self, state: &mut State, number: u8) {
        state.requests[usize::from(number)].step = Step::Over;
        if state.client.waits_for == Some(number) {
            state.client.waits_for = None;
        }
    }

    /// Answers `invalid_grant`.
    fn refuse(&self, state: &mut State, number: u8, token: u8) {
        let is_clients = state.client.waits_for == Some(number);
        let is_strangers = matches!(state.requests[usize::from(number)].job, Job::Refresh { who: Who::Stranger, .. });
        if is_live(&state.subject.1) && !is_strangers {
            state.history.broken.insert(REFUSED_MEANS_ENDED);
        }
        let is_excused = state.history.is_excused || state.history.unheard.contains(&token);
        if is_clients && self.is_client_alone() && !is_excused {
            state.history.broken.insert(STAYS_SIGNED_IN);
        }
        state.client.is_out |= is_clients;
        self.unavailable(state, number);
    }
}
