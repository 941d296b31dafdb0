//! The session protocol as a model, checked exhaustively within small bounds (stateright, breadth first).
//!
//! A request reads, decides and sends a write. The write arrives at any later time, even after its sender gave up or crashed; it
//! may arrive twice, or never. Instances have no state besides a clock, so two instances are two clocks. The client retries after
//! a 503, after a crash, or because it stopped waiting. The thief has any one token that was presented, and the tokens that he gets
//! for it. A stranger knows only the session's id. The decisions are the library's own functions.
//!
//! The client may be signed out without a fault of the protocol in two cases only. In the first, with grace 0, a use was settled
//! but its answer did not reach the client. In the second, the client gave up a request and continued, and an instance processes
//! that request only after its token has become old.
//!
//! The full bounds take about as many minutes as there are scenarios:
//!
//! ```text
//! JWT_AUTH_MODEL=full cargo test -p jwt-auth --features testing --lib --config profile.dev.package.jwt-auth.opt-level=3 records::model -- --nocapture
//! ```

mod happens;
mod properties;
mod rules;
mod scenarios;
mod state;
mod steps;

use stateright::{Model, Property};

use crate::records::model::rules::{Without, session, token_life};
use crate::records::model::state::{Action, Budget, Client, History, Issued, Job, SESSION, State, Step, Who};
use crate::records::rules::Rules;
use crate::records::single_use::Code;
use crate::records::subject::Subject;

/// The protocol within bounds.
#[derive(Clone, Debug)]
struct Protocol {
    start: Budget,
    /// How far the clocks of the instances are ahead of the slowest.
    ahead: Vec<u64>,
    grace: u64,
    is_short: bool,
    rules: Rules,
    without: Option<Without>,
}

impl Protocol {
    fn life(&self) -> u64 {
        token_life(self.is_short)
    }

    /// Whether nobody else can end the session.
    fn is_client_alone(&self) -> bool {
        self.start.thefts == 0 && self.start.sign_outs == 0 && self.start.end_alls == 0 && !self.is_short
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        // The clocks start at 10, so that there are earlier times.
        let mut subject = Subject::default();
        subject.begin(SESSION, session(0, 10, 10 + self.life()), &[], &self.rules);
        let issued = vec![Issued { session: Some(SESSION), issued_at: 10, older_than: 0 }];
        vec![State {
            time: 10,
            subject: (255, subject),
            code: (255, Code { payload: Vec::new(), expires_at: 1_000, redeemed: None }),
            requests: Vec::new(),
            writes: Vec::new(),
            client: Client { token: 0, waits_for: None, is_out: false },
            left: self.start,
            history: History { issued, access_until: 10 + self.life(), ..History::default() },
            had_faults: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let left = &state.left;
        let client = &state.client;
        for ahead in self.ahead.iter().copied() {
            if left.refreshes > 0 && client.waits_for.is_none() && !client.is_out {
                actions.push(Action::Refresh(Who::Client, client.token, ahead));
            }
            let is_thief = |request: &state::Request| {
                matches!(request.job, Job::Refresh { who: Who::Thief, .. }) && request.step != Step::Over
            };
            if left.thefts > 0 && !state.requests.iter().any(is_thief) {
                let held: Vec<u8> = match state.history.thief {
                    Some(token) => vec![token],
                    None => state.history.presented.iter().copied().collect(),
                };
                actions.extend(held.into_iter().map(|token| Action::Refresh(Who::Thief, token, ahead)));
            }
            let others = [
                (left.strangers, Action::Refresh(Who::Stranger, 250, ahead)),
                (left.sign_ins, Action::SignIn(false, ahead)),
                (left.plain_sign_ins, Action::SignIn(true, ahead)),
                (left.sign_outs, Action::SignOut(ahead)),
                (left.end_alls, Action::EndAll(ahead)),
                (left.redemptions, Action::Redeem(ahead)),
            ];
            actions.extend(others.into_iter().filter(|(left, _)| *left > 0).map(|(_, action)| action));
        }
        if left.impatience > 0 && client.waits_for.is_some() {
            actions.push(Action::GiveUp);
        }
        for (number, request) in (0_u8..).zip(&state.requests).filter(|(_, request)| request.step != Step::Over) {
            match request.waits {
                false => actions.push(Action::Go(number)),
                true if left.timeouts > 0 => actions.push(Action::TimeOut(number)),
                true => {}
            }
            if left.crashes > 0 {
                actions.push(Action::Crash(number));
            }
        }
        for at in 0..state.writes.len() {
            actions.push(Action::Arrive(at));
            if left.twice > 0 {
                actions.push(Action::ArriveTwice(at));
            }
        }
        if left.seconds > 0 {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        let left = &mut state.left;
        match action {
            Action::Refresh(who, token, ahead) => {
                match who {
                    Who::Client => left.refreshes -= 1,
                    Who::Thief => left.thefts -= 1,
                    Who::Stranger => left.strangers -= 1,
                }
                if who == Who::Thief {
                    state.history.thief = Some(token);
                }
                self.receive(&mut state, Job::Refresh { who, token }, ahead);
            }
            Action::GiveUp => {
                left.impatience -= 1;
                self.give_up(&mut state);
            }
            Action::SignIn(is_plain, ahead) => {
                let count = if is_plain { &mut left.plain_sign_ins } else { &mut left.sign_ins };
                *count -= 1;
                self.receive(&mut state, Job::SignIn { is_plain }, ahead);
            }
            Action::SignOut(ahead) => {
                left.sign_outs -= 1;
                self.receive(&mut state, Job::SignOut, ahead);
            }
            Action::EndAll(ahead) => {
                left.end_alls -= 1;
                self.receive(&mut state, Job::EndAll, ahead);
            }
            Action::Redeem(ahead) => {
                left.redemptions -= 1;
                self.receive(&mut state, Job::Redeem, ahead);
            }
            Action::Go(number) => self.go(&mut state, number),
            Action::Arrive(at) => self.arrive(&mut state, at, false),
            Action::ArriveTwice(at) => {
                left.twice -= 1;
                self.arrive(&mut state, at, true);
            }
            Action::TimeOut(number) => {
                left.timeouts -= 1;
                self.time_out(&mut state, number);
            }
            Action::Crash(number) => {
                left.crashes -= 1;
                self.crash(&mut state, number);
            }
            Action::Tick => {
                left.seconds -= 1;
                state.time += 1;
            }
        }
        state.forget_what_is_over();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
