//! `build()` refuses settings that would make every request fail, and names them.

use std::time::Duration;

use jwt_auth::{
    Algorithm, AuthBackend, Backend, BuildError, Builder, Issuer, Keys, auth_backend,
    config::Mode,
    keys::VerifyingKeys,
    oauth2::{Client, ResourceMetadata},
};
use jwt_auth_tests::keys::verifying;

use crate::fixture::{Bearer, SECRET, User, settings};

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

#[auth_backend(kind = "cookie", user = User, cookie(same_site = "none"), refresh_url = "/refresh")]
struct Wrong;

fn mistakes<A: AuthBackend>(built: Result<Backend<A, impl Mode>, BuildError>) -> Vec<String> {
    built.map(drop).unwrap_err().mistakes().map(str::to_owned).collect()
}

/// Each mistake is reported, in this order. A mistake that only follows from another one is not.
fn starts(mistakes: &[String], expected: &[&str]) {
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{mistake:?} is not {expected:?}");
    }
}

// No id: an operator can correct all mistakes at once.
#[test]
fn every_mistake_of_an_issuing_backend_is_named() {
    let day = Duration::from_secs(86_400);
    let builder = Wrong
        .backend()
        .insecure_cookie()
        .cookie_domain("com")
        .audience("")
        .any_audience()
        .accept_type("")
        .client_id("")
        .lifetime(Duration::ZERO);
    let builder =
        builder.leeway(day).require_claims([""]).realm("\"").allowed_origin("x").store_timeout(Duration::ZERO);
    let builder =
        builder.user_cache(day).revocation_staleness(day).client(Client::public("")).client(Client::public(""));
    let expected = [
        "`keys` is missing",
        "`issuer` is missing",
        "`audience` is empty",
        "`any_audience` contradicts",
        "`accept_type` is empty",
        "`client_id` is empty",
        "`lifetime` is shorter",
        "`leeway` is longer",
        "`require_claims` holds",
        "`realm`, ",
        "`allowed_origin` is not",
        "`cookie_domain`: a cookie domain must be a host name",
        "`insecure_cookie`: browsers drop a cookie with `same_site",
        "`user_cache` needs",
        "`store_timeout` is zero",
        "`revocation_staleness` is longer",
        "`refresh_tokens` is missing",
        "`client`: the id is not",
        "`client`: the id is not",
        "`resource_metadata`: the declaration has no `resource`",
    ];
    starts(&mistakes(builder.resource_metadata(ResourceMetadata::new("http://a")).build()), &expected);
}

#[test]
fn every_mistake_of_a_verifying_backend_is_named() {
    let key = || verifying(Algorithm::ES256, "one");
    let named = |name: &str| Issuer::new(name).keys(key()).audience("api");
    let builder = Bearer.backend().client_id("").verify_only().trust(named("")).trust(named("a")).trust(named("a"));
    let expected = [
        "`trust`: the issuer ``: the name is empty",
        "`trust`: the issuer `a` is trusted twice",
        "`revocation_staleness` is set",
    ];
    let wrong = builder.revocation_staleness(Duration::from_secs(9)).build();
    let mut all = vec!["`verify_only` comes after a setting"];
    all.extend(expected);
    starts(&mistakes(wrong), &all);
    starts(&mistakes(Bearer.backend().verify_only().build()), &["`trust` is missing"]);
    let issuer = Issuer::new("a").keys(VerifyingKeys::new([])).leeway(Duration::from_secs(301)).accept_type("");
    let wrong = Bearer.backend().verify_only().trust(issuer).build();
    let expected = ["`audience` is missing", "`accept_type`", "`leeway` is longer", "`keys`: "];
    starts(
        &mistakes(wrong),
        &expected.map(|text| format!("`trust`: the issuer `a`: {text}")).each_ref().map(String::as_str),
    );
}

#[test]
fn several_mistakes_are_printed_as_a_list() {
    let error = settings(Bearer.backend()).leeway(Duration::from_secs(301)).accept_type("").build().unwrap_err();
    let text = "2 settings of the backend are wrong:\n\
                - `accept_type` is empty; name a `typ` such as `JWT`\n\
                - `leeway` is longer than 300 seconds";
    assert_eq!((error.to_string().as_str(), format!("{error:?}").as_str()), (text, text));
    let error = settings(Bearer.backend()).leeway(Duration::from_secs(301)).build().unwrap_err();
    assert_eq!(format!("{error:?}"), "`leeway` is longer than 300 seconds", "what a `main` prints");
}
