//! Clients that disconnect in the middle of a request: its future is dropped at one of its polls.

use std::pin::pin;
use std::task::Poll;

use jwt_auth_tests::call_with;

use crate::browser::{self, Browser};
use crate::handles::{Handles, on_every_store};
use crate::service::{
    PATIENT, Standing, backend, fresh_name, log_out, protect, refresh_until_answered, sign_in, sign_in_in_handler,
    standing, try_refresh, try_sign_in,
};
use crate::tally::{Tally, below, rounds};

/// A client disconnects after at most this many polls. Most requests here need more.
const POLLS: usize = 5;

on_every_store! {
    a_sign_out_whose_client_disconnects_happens_wholly_or_not_at_all
    a_refresh_whose_client_disconnects_gives_one_successor_or_ends_the_session
    a_sign_in_whose_client_disconnects_can_be_sent_again
    a_sign_in_whose_browser_disconnects_replaces_the_session_or_keeps_it
}

/// The result of the request, if it ends within some number of polls.
async fn left<T>(request: impl Future<Output = T>) -> Option<T> {
    let (mut request, mut polls) = (pin!(request), 1 + below(POLLS));
    std::future::poll_fn(|context| match request.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => {
            polls -= 1;
            if polls == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

fn count(tally: &mut Tally, is_answered: bool) {
    tally.rounds += 1;
    tally.add(if is_answered { "answered" } else { "left" }, 1);
}

// REL-04, REV-04
async fn a_sign_out_whose_client_disconnects_happens_wholly_or_not_at_all(handles: Handles) {
    let apps = handles.map(|store| protect(&backend(store, PATIENT)));
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let (here, there) = (&apps[round % 2], &apps[(round + 1) % 2]);
        let (access, token) = sign_in(here).await;
        let answer = left(log_out(here, &access)).await;
        assert!(matches!(answer, None | Some(204)), "{answer:?}");
        count(&mut tally, answer.is_some());
        match standing(there, &access, &token).await {
            Standing::Ended => {}
            Standing::Half => tally.halves += 1,
            Standing::Live(..) if answer.is_some() => tally.survivors += 1,
            Standing::Live(access, token) => {
                // The session may end at any moment.
                assert!(matches!(log_out(here, &access).await, 204 | 401));
                tally.survivors += usize::from(standing(there, &access, &token).await != Standing::Ended);
                tally.add("signed out again", 1);
            }
        }
    }
    tally.is_clean("sign-out that is left");
}

// REL-04, REF-02
async fn a_refresh_whose_client_disconnects_gives_one_successor_or_ends_the_session(handles: Handles) {
    let apps = handles.map(|store| protect(&backend(store, PATIENT)));
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let (here, there) = (&apps[round % 2], &apps[(round + 1) % 2]);
        let (first_access, token) = sign_in(here).await;
        let answer = left(try_refresh(here, &token)).await;
        count(&mut tally, answer.is_some());
        let (status, access, next) = refresh_until_answered(there, &token).await;
        match (answer, status) {
            (Some((200, _, earlier)), 200) => tally.double_winners += usize::from(earlier != next),
            (None, 200) => {}
            // The store recorded the first use as answered just before the client disconnected, so the second use ends the
            // session.
            (_, 400) => {
                tally.add("sessions ended", 1);
                tally.halves += usize::from(call_with(here, &first_access).await.0 != 401);
                continue;
            }
            (answer, other) => panic!("{answer:?} {other}"),
        }
        assert_eq!(call_with(here, &first_access).await.0, 200);
        match standing(here, &access, &next).await {
            Standing::Live(..) => {}
            other => panic!("the retry gives a session that goes on, and not {other:?}"),
        }
    }
    tally.is_clean("refresh that is left");
}

// REL-04
async fn a_sign_in_whose_client_disconnects_can_be_sent_again(handles: Handles) {
    let backends = handles.map(|store| backend(store, PATIENT));
    let apps = backends.each_ref().map(protect);
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let (here, there) = (&apps[round % 2], &apps[(round + 1) % 2]);
        let name = fresh_name();
        let answer = match round % 4 {
            0 | 1 => left(try_sign_in(here, &name)).await,
            _ => left(sign_in_in_handler(here, "session", &name, "x")).await,
        };
        count(&mut tally, answer.is_some());
        let (status, access, token) = try_sign_in(there, &name).await;
        assert_eq!(status, 200);
        let sessions = backends[0].sessions(&name).await.expect("the store answers").len();
        assert!((1..=2).contains(&sessions) && (answer.is_none() || sessions == 2), "{sessions}");
        let Standing::Live(access, token) = standing(here, &access, &token).await else {
            panic!("the retry gives a session");
        };
        backends[1].revoke_user(&name).await.expect("the store answers");
        tally.survivors += usize::from(standing(here, &access, &token).await != Standing::Ended);
        // A sign-in whose client disconnected must not begin its session later either.
        tally.survivors += backends[0].sessions(&name).await.expect("the store answers").len();
    }
    tally.is_clean("sign-in that is left");
}

// REL-04, STO-02: the sign-in replaces a cookie and its session.
async fn a_sign_in_whose_browser_disconnects_replaces_the_session_or_keeps_it(handles: Handles) {
    let apps = handles.map(|store| browser::protect(store, PATIENT));
    let mut tally = Tally::default();
    for round in 0..rounds() {
        let (here, there) = (&apps[round % 2], &apps[(round + 1) % 2]);
        let name = fresh_name();
        let first = Browser::default().sign_in(here, &name).await.expect("it signs in");
        let answer = left(first.sign_in(here, &name)).await;
        count(&mut tally, answer.is_some());
        let is_first_live = match first.standing(there).await {
            Standing::Live(access, refresh) => Some(Browser { access, refresh }),
            Standing::Ended => None,
            Standing::Half => {
                tally.halves += 1;
                None
            }
        };
        match (answer, is_first_live) {
            (Some(next), None) => {
                let next = next.expect("it signs in");
                assert!(matches!(next.standing(here).await, Standing::Live(..)));
            }
            (Some(_), Some(_)) => tally.survivors += 1,
            (None, first) => {
                let again = first.unwrap_or_default().sign_in(there, &name).await.expect("it signs in");
                assert!(matches!(again.standing(here).await, Standing::Live(..)));
            }
        }
    }
    tally.is_clean("sign-in of a browser that is left");
}
