//! `build()` refuses what no request could be served with, and names the setting.

use std::time::Duration;

use jwt_auth::{Builder, Keys};

use crate::fixture::{Bearer, SECRET, settings};

fn refused(change: impl FnOnce(Builder<Bearer>) -> Builder<Bearer>) -> String {
    change(settings(Bearer.backend())).build().unwrap_err().to_string()
}

#[test]
fn keys_and_issuer_are_mandatory() {
    let error = Bearer.backend().issuer("me").build().unwrap_err().to_string();
    assert!(error.starts_with("`keys` is missing; call `.keys("), "{error}");
    let error = Bearer.backend().keys(Keys::hs256(SECRET).unwrap()).build().unwrap_err().to_string();
    assert!(error.starts_with("`issuer` is missing; call `.issuer("), "{error}");
}

#[test]
fn an_empty_issuer_or_audience_is_named() {
    assert!(refused(|builder| builder.issuer("")).starts_with("`issuer` is empty"));
    assert!(refused(|builder| builder.audience("")).starts_with("`audience` is empty"));
}

#[test]
fn audiences_that_contradict_each_other_are_named() {
    assert!(refused(|builder| builder.any_audience().audience("a")).contains("`any_audience` contradicts"));
    assert!(refused(|builder| builder.any_audience().strict_audience()).contains("`any_audience` contradicts"));
    assert!(
        refused(|builder| builder.strict_audience().audience("a").audience("b"))
            .contains("`strict_audience` needs exactly one")
    );
}

#[test]
fn a_lifetime_of_zero_is_not_the_default() {
    assert!(refused(|builder| builder.lifetime(Duration::ZERO)).starts_with("`lifetime`"));
    assert!(refused(|builder| builder.lifetime(Duration::from_millis(999))).starts_with("`lifetime`"));
}

// CLM-03
#[test]
fn leeway_ends_at_300_seconds() {
    assert!(settings(Bearer.backend()).leeway(Duration::from_secs(300)).build().is_ok());
    assert!(refused(|builder| builder.leeway(Duration::from_secs(301))).starts_with("`leeway`"));
}

#[test]
fn empty_types_and_claims_are_named() {
    assert!(refused(|builder| builder.accept_type("")).starts_with("`accept_type`"));
    assert!(refused(|builder| builder.require_claims([""])).starts_with("`require_claims`"));
}

// CKE-05
#[test]
fn an_origin_is_what_a_browser_sends() {
    for bad in [
        "app.example.com",
        "https://app.example.com/",
        "https://App.example.com",
        "https://",
        "ftp://a",
        "https://a@b",
        "null",
        "*",
    ] {
        assert!(refused(|builder| builder.allowed_origin(bad)).starts_with("`allowed_origin`"), "{bad}");
    }
    assert!(settings(Bearer.backend()).allowed_origin("http://localhost:5173").build().is_ok());
}

// BRR-08
#[test]
fn a_realm_cannot_break_out_of_its_quotes() {
    for bad in ["a\"b", "a\\b", "a\nb", "ü", ""] {
        assert!(refused(|builder| builder.realm(bad)).starts_with("`realm`"), "{bad:?}");
        if !bad.is_empty() {
            assert!(refused(|builder| builder.issuer(bad)).starts_with("`realm`"), "the issuer is the realm: {bad:?}");
        }
    }
}

// KEY-11
#[test]
fn nothing_secret_is_printed() {
    let builder = settings(Bearer.backend());
    let printed = format!("{builder:?}");
    let auth = builder.build().unwrap();
    let printed = format!("{printed} {auth:?} {:?} {:?}", auth.layer(), auth.new_token(&crate::fixture::alice()));
    assert!(!printed.contains(&SECRET[..12]), "{printed}");
}
