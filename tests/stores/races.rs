//! Requests of one session or user at the same time, on two instances.

use std::collections::BTreeSet;
use std::time::Duration;

use jwt_auth::{Backend, Protected};
use jwt_auth_tests::call_with;

use crate::handles::{Handles, on_every_store};
use crate::service::{
    Auth, Granted, PATIENT, Standing, backend, change_password, fresh_name, log_out, protect, refresh_until_answered,
    sign_in, sign_in_by, sign_in_in_handler, standing, try_refresh, try_sign_in,
};
use crate::tally::{Tally, below, rounds};

/// Refreshes with one token at the same time.
const PARALLEL: usize = 64;

on_every_store! {
    at_most_one_of_parallel_refreshes_wins
    a_sign_out_wins_against_a_refresh
    a_sign_out_everywhere_wins_against_a_refresh
    a_sign_out_everywhere_wins_against_a_sign_in
}

fn two(handles: Handles) -> [(Backend<Auth>, Protected); 2] {
    handles.map(|store| {
        let auth = backend(store, PATIENT);
        let app = protect(&auth);
        (auth, app)
    })
}

// REF-02
async fn at_most_one_of_parallel_refreshes_wins(handles: Handles) {
    let apps = two(handles).map(|(_, app)| app);
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let (access, token) = sign_in(&apps[0]).await;
        let all: Vec<_> = (0..PARALLEL)
            .map(|n| {
                let (app, token) = (apps[n % 2].clone(), token.clone());
                tokio::spawn(async move { try_refresh(&app, &token).await })
            })
            .collect();
        let mut won = Vec::new();
        for one in all {
            let granted = one.await.expect("it ends");
            let name = match granted.0 {
                200 => "answered 200",
                400 => "invalid_grant",
                503 => "answered 503",
                other => panic!("{other}"),
            };
            tally.add(name, 1);
            won.extend((granted.0 == 200).then_some(granted));
        }
        tally.double_winners += won.len().saturating_sub(1);
        // A request with the same token after the answer ends the session.
        let (access, newest) = match won.pop() {
            Some((_, access, newest)) => (access, newest),
            None => (access, token),
        };
        match standing(&apps[1], &access, &newest).await {
            Standing::Live(..) => {}
            Standing::Ended => tally.add("sessions ended", 1),
            Standing::Half => tally.halves += 1,
        }
        tally.rounds += 1;
    }
    tally.is_clean("64 refreshes with one token");
}

/// Refreshes until it is refused. Returns the access tokens that it got, and every refresh token.
async fn refresh_on(app: Protected, token: String) -> (Vec<String>, Vec<String>) {
    let (mut minted, mut tokens) = (Vec::new(), vec![token]);
    loop {
        // Lets the other tasks run, because a store in memory never waits.
        tokio::task::yield_now().await;
        match refresh_until_answered(&app, &tokens[tokens.len() - 1]).await {
            (200, access, next) => {
                minted.push(access);
                tokens.push(next);
            }
            (status, ..) => {
                assert_eq!(status, 400);
                return (minted, tokens);
            }
        }
    }
}

/// How many of the session's tokens are accepted on either instance.
async fn accepted(apps: &[Protected; 2], (minted, tokens): &(Vec<String>, Vec<String>)) -> usize {
    let mut accepted = 0;
    for app in apps {
        for access in minted {
            accepted += usize::from(call_with(app, access).await.0 != 401);
        }
        for token in tokens.iter().rev().take(8) {
            accepted += usize::from(try_refresh(app, token).await.0 != 400);
        }
    }
    accepted
}

/// Lets the other tasks run for a short random time.
async fn linger() {
    for _ in 0..below(40) {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_micros(below(6_000) as u64)).await;
}

// REF-05, REV-04
async fn a_sign_out_wins_against_a_refresh(handles: Handles) {
    let apps = two(handles).map(|(_, app)| app);
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let (access, token) = sign_in(&apps[0]).await;
        let running = tokio::spawn(refresh_on(apps[1].clone(), token));
        linger().await;
        assert_eq!(log_out(&apps[0], &access).await, 204);
        tally.survivors += usize::from(call_with(&apps[1], &access).await.0 != 401);
        let given = running.await.expect("it ends once it is refused");
        tally.survivors += accepted(&apps, &given).await;
        tally.add("tokens minted meanwhile", given.0.len());
        tally.rounds += 1;
    }
    tally.is_clean("sign-out against refresh");
}

// REF-05, REV-07
async fn a_sign_out_everywhere_wins_against_a_refresh(handles: Handles) {
    let [(auth, here), (_, there)] = two(handles);
    let apps = [here, there];
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let name = fresh_name();
        let mut running = Vec::new();
        for app in &apps {
            let (status, _, token) = try_sign_in(app, &name).await;
            assert_eq!(status, 200);
            running.push(tokio::spawn(refresh_on(app.clone(), token)));
        }
        linger().await;
        auth.revoke_user(&name).await.expect("the store answers");
        for one in running {
            let given = one.await.expect("it ends once it is refused");
            tally.survivors += accepted(&apps, &given).await;
            tally.add("tokens minted meanwhile", given.0.len());
        }
        // The token endpoint checks the password again, so a sign-in works at once.
        let (status, access, token) = try_sign_in(&apps[1], &name).await;
        assert_eq!(status, 200);
        assert!(matches!(standing(&apps[0], &access, &token).await, Standing::Live(..)));
        tally.rounds += 1;
    }
    tally.is_clean("sign-out everywhere against refresh");
}

/// How a client signs in.
const WAYS: [&str; 3] = ["at the token endpoint", "session", "plain"];

async fn sign_in_some_way(app: &Protected, way: &str, name: &str, password: &str) -> Granted {
    if way == WAYS[0] {
        return sign_in_by(app, name, password).await;
    }
    sign_in_in_handler(app, way, name, password).await
}

// REV-07: once the password is changed and `revoke_user` has returned, somebody who knows only the old password is signed out.
async fn a_sign_out_everywhere_wins_against_a_sign_in(handles: Handles) {
    let [(auth, here), (_, there)] = two(handles);
    let apps = [here, there];
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let name = fresh_name();
        let running: Vec<_> = (0..6)
            .map(|n| {
                let (app, name, way) = (apps[n % 2].clone(), name.clone(), WAYS[n / 2]);
                tokio::spawn(async move {
                    linger().await;
                    sign_in_some_way(&app, way, &name, "old").await
                })
            })
            .collect();
        linger().await;
        change_password(&name);
        auth.revoke_user(&name).await.expect("the store answers");
        let mut signed_in = BTreeSet::new();
        for one in running {
            match one.await.expect("it ends") {
                (200, access, token) => {
                    tally.add("signed in before", 1);
                    signed_in.insert((access, token));
                }
                (400, ..) => tally.add("wrong password", 1),
                (503, ..) => tally.add("refused as stale", 1),
                (other, ..) => panic!("{other}"),
            }
        }
        for (access, token) in signed_in {
            let tokens = Vec::from_iter((!token.is_empty()).then_some(token));
            tally.survivors += accepted(&apps, &(vec![access], tokens)).await;
        }
        for way in WAYS {
            match sign_in_some_way(&apps[1], way, &name, "new").await {
                (200, access, _) => tally.halves += usize::from(call_with(&apps[0], &access).await.0 != 200),
                (503, ..) => assert_ne!(way, WAYS[0], "it checks again"),
                (other, ..) => panic!("{other}"),
            }
        }
        tally.rounds += 1;
    }
    tally.is_clean("sign-out everywhere against sign-in");
}
