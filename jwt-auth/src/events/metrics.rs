//! Counts events with the crate `metrics`. `metrics.md` lists the names.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::events::event::Event;

const REQUESTS: &str = "jwt_auth_requests_total";
const AUTHENTICATION: &str = "jwt_auth_authentication_seconds";
const SIGN_INS: &str = "jwt_auth_sign_ins_total";
const REFRESHES: &str = "jwt_auth_refreshes_total";
const SIGN_OUTS: &str = "jwt_auth_sign_outs_total";
const THROTTLED: &str = "jwt_auth_throttled_total";
const KEY_FETCHES: &str = "jwt_auth_key_fetches_total";
const STORE_FAILURES: &str = "jwt_auth_store_failures_total";

/// Describes every metric to the recorder that is installed.
pub(crate) fn describe() {
    describe_counter!(REQUESTS, "Decisions of the guard and of extractors, by outcome.");
    describe_histogram!(AUTHENTICATION, Unit::Seconds, "How long the guard took to decide, by outcome.");
    describe_counter!(SIGN_INS, "Sign-ins, by outcome.");
    describe_counter!(REFRESHES, "Uses of a refresh token, by outcome.");
    describe_counter!(SIGN_OUTS, "Sign-outs, by what ended.");
    describe_counter!(THROTTLED, "Sign-ins that a limit refused, by limit.");
    describe_counter!(KEY_FETCHES, "Fetches of the keys of an issuer, by outcome.");
    describe_counter!(STORE_FAILURES, "Failures of the store of sessions or of the throttle.");
}

/// The guard decided. `is_authenticated` is `None` if it refused the request, which [`record`] counts.
pub(crate) fn decided(is_authenticated: Option<bool>, took: Duration) {
    let outcome = match is_authenticated {
        Some(true) => "accepted",
        Some(false) => "open",
        None => "refused",
    };
    if is_authenticated.is_some() {
        counter!(REQUESTS, "outcome" => outcome).increment(1);
    }
    histogram!(AUTHENTICATION, "outcome" => outcome).record(took.as_secs_f64());
}

pub(crate) fn record(event: &Event) {
    let (name, label, value) = match event {
        Event::SignedIn { .. } => (SIGN_INS, "outcome", "success"),
        Event::SignInRefused { reason, .. } => (SIGN_INS, "outcome", reason.code()),
        Event::Refreshed { .. } => (REFRESHES, "outcome", "success"),
        Event::RefreshRefused { reason, .. } => (REFRESHES, "outcome", reason.code()),
        Event::RefreshTokenReused { .. } => (REFRESHES, "outcome", "reused"),
        Event::SignedOut { what, .. } => (SIGN_OUTS, "kind", what.code()),
        Event::Refused { reason, .. } => (REQUESTS, "outcome", reason.code()),
        Event::Throttled { limit, .. } => (THROTTLED, "limit", limit.code()),
        Event::KeysFetched { keys, .. } => (KEY_FETCHES, "outcome", if keys.is_ok() { "success" } else { "failure" }),
        Event::StoreFailed { .. } => {
            counter!(STORE_FAILURES).increment(1);
            return;
        }
    };
    counter!(name, label => value).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_metric() {
        let page = include_str!("metrics.md");
        let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let names = [REQUESTS, AUTHENTICATION, SIGN_INS, REFRESHES, SIGN_OUTS, THROTTLED, KEY_FETCHES, STORE_FAILURES];
        assert_eq!(rows, names);
    }
}
