//! How one backend presents its refusals: its challenges (RFC 6750 section 3), made once, and its rendering.

use axum::response::Response;
use http::HeaderValue;

use super::Rejection;
use super::reason::{ChallengeKind, INVALID_TOKEN_DESCRIPTION};

/// How one backend presents its refusals; its challenges are made once.
pub(crate) struct Presentation {
    realm: String,
    plain: HeaderValue,
    invalid_request: HeaderValue,
    invalid_token: HeaderValue,
    render: Option<Box<Renderer>>,
}

pub(crate) type Renderer = dyn Fn(&Rejection) -> Response + Send + Sync;

impl Presentation {
    /// `None` where the realm holds a character that a quoted string cannot.
    pub(crate) fn new(realm: &str, render: Option<Box<Renderer>>) -> Option<Self> {
        let legal = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if realm.is_empty() || !realm.bytes().all(legal) {
            return None;
        }
        let invalid_token = format!("error=\"invalid_token\", error_description=\"{INVALID_TOKEN_DESCRIPTION}\"");
        Some(Self {
            realm: realm.to_owned(),
            plain: challenge(realm, None)?,
            invalid_request: challenge(realm, Some("error=\"invalid_request\""))?,
            invalid_token: challenge(realm, Some(&invalid_token))?,
            render,
        })
    }

    pub(super) fn challenge(&self, kind: &ChallengeKind<'_>) -> Option<HeaderValue> {
        match kind {
            ChallengeKind::Plain => Some(self.plain.clone()),
            ChallengeKind::InvalidRequest => Some(self.invalid_request.clone()),
            ChallengeKind::InvalidToken => Some(self.invalid_token.clone()),
            ChallengeKind::InsufficientScope(scope) => {
                let parameters = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
                challenge(&self.realm, Some(&parameters))
            }
        }
    }

    pub(super) fn renderer(&self) -> Option<&Renderer> {
        self.render.as_deref()
    }
}

fn challenge(realm: &str, parameters: Option<&str>) -> Option<HeaderValue> {
    let value = match parameters {
        Some(parameters) => format!("Bearer realm=\"{realm}\", {parameters}"),
        None => format!("Bearer realm=\"{realm}\""),
    };
    HeaderValue::from_str(&value).ok()
}
