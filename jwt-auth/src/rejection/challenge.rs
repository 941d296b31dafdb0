//! The challenges of one backend (RFC 6750 section 3), made once. `reason.rs` decides which reason gets which status and
//! challenge.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, HeaderValue};

use crate::rejection::reason::ChallengeKind;
use crate::rejection::reason::RejectionReason;

/// How one backend presents its refusals.
pub(crate) struct Presentation {
    challenges: Arc<Challenges>,
    // What follows differs between rejections. It is here and not in the rejection, because an accepted request would have to move
    // a larger one too.
    /// The scopes that a client without a valid token should request, separated by spaces.
    scope: Option<Cow<'static, str>>,
    /// The `Set-Cookie` headers that remove cookies.
    removed_cookies: Vec<HeaderValue>,
    /// The head of the refused request, for an application that answers refusals itself.
    request: Option<Parts>,
}

/// A setting of the web layer: refusals are answered by a function that looks at the request, so they keep its head.
#[derive(Clone, Copy)]
pub(crate) struct KeepsRequest;

/// Where the application signs users in: a setting that refusals of pages need.
#[derive(Clone)]
pub(crate) struct SignInPage {
    /// The path below which browsers see the service.
    pub(crate) prefix: String,
    /// The path of the page, without the prefix.
    pub(crate) path: String,
}

/// The challenges of a backend. They are made once.
struct Challenges {
    /// `realm="..."`, and `resource_metadata="..."` (RFC 9728 section 5.1) if it is set.
    common: String,
    plain: HeaderValue,
    invalid_request: HeaderValue,
    invalid_token: HeaderValue,
    /// Whether refusals keep the head of their request.
    keeps_request: bool,
    /// The settings that only the web layer reads, such as the rendering.
    web: Extensions,
}

impl Presentation {
    /// Whether a realm is not empty and fits into a quoted string (RFC 9110 section 5.6.4).
    pub(crate) fn is_realm(realm: &str) -> bool {
        !realm.is_empty() && realm.bytes().all(is_quotable)
    }

    /// `None` if `realm` is not a valid realm. `metadata` is a URL that was checked.
    pub(crate) fn new(realm: &str, metadata: Option<&str>, web: Extensions) -> Option<Self> {
        if !Self::is_realm(realm) {
            return None;
        }
        let description = RejectionReason::Revoked.class().detail;
        let invalid_token = format!("error=\"invalid_token\", error_description=\"{description}\"");
        let metadata = metadata.map(|url| format!(", resource_metadata=\"{url}\"")).unwrap_or_default();
        let common = format!("realm=\"{realm}\"{metadata}");
        let challenges = Challenges {
            plain: challenge(&common, None)?,
            invalid_request: challenge(&common, Some("error=\"invalid_request\""))?,
            invalid_token: challenge(&common, Some(&invalid_token))?,
            common,
            keeps_request: web.get::<KeepsRequest>().is_some(),
            web,
        };
        Some(Self { challenges: Arc::new(challenges), scope: None, request: None, removed_cookies: Vec::new() })
    }

    /// The same, with the scopes that a client without a valid token should request.
    pub(crate) fn wanting(&self, scope: Cow<'static, str>) -> Self {
        Self {
            challenges: Arc::clone(&self.challenges),
            scope: Some(scope),
            request: self.request.clone(),
            removed_cookies: self.removed_cookies.clone(),
        }
    }

    /// The same, with the head of the refused request.
    pub(crate) fn about(&self, request: &Parts) -> Self {
        Self {
            challenges: Arc::clone(&self.challenges),
            scope: self.scope.clone(),
            request: Some(request.clone()),
            removed_cookies: self.removed_cookies.clone(),
        }
    }

    /// The same, with headers that remove cookies.
    pub(crate) fn removing(&self, removed_cookies: Vec<HeaderValue>) -> Self {
        Self {
            challenges: Arc::clone(&self.challenges),
            scope: self.scope.clone(),
            request: self.request.clone(),
            removed_cookies,
        }
    }

    /// The `Set-Cookie` headers that remove cookies.
    pub(crate) fn removed_cookies(&self) -> &[HeaderValue] {
        &self.removed_cookies
    }

    /// Whether refusals keep the head of their request.
    pub(crate) fn keeps_request(&self) -> bool {
        self.challenges.keeps_request
    }

    /// The head of the refused request, if it was kept.
    pub(crate) fn request(&self) -> Option<&Parts> {
        self.request.as_ref()
    }

    pub(crate) fn sign_in_page(&self) -> Option<&SignInPage> {
        self.challenges.web.get()
    }

    /// The settings that only the web layer reads.
    pub(crate) fn web(&self) -> &Extensions {
        &self.challenges.web
    }

    pub(crate) fn challenge(&self, kind: &ChallengeKind<'_>) -> Option<HeaderValue> {
        let Challenges { common, plain, invalid_request, invalid_token, .. } = &*self.challenges;
        let known = match kind {
            ChallengeKind::Plain => plain,
            ChallengeKind::InvalidRequest => invalid_request,
            ChallengeKind::InvalidToken => invalid_token,
            ChallengeKind::InsufficientScope(scope) => {
                return challenge(common, Some(&insufficient_scope(scope)?));
            }
        };
        match self.scope.as_deref().filter(|scope| scope.bytes().all(is_quotable)) {
            Some(scope) => HeaderValue::from_str(&format!("{}, scope=\"{scope}\"", known.to_str().ok()?)).ok(),
            None => Some(known.clone()),
        }
    }
}

/// The challenge of a refusal outside of any guard. No realm is known there.
pub(crate) fn challenge_without_realm(kind: &ChallengeKind<'_>) -> Option<HeaderValue> {
    let text = match kind {
        // RFC 6750 section 3 requires at least one parameter.
        ChallengeKind::Plain => "Bearer realm=\"-\"".to_owned(),
        ChallengeKind::InvalidRequest => "Bearer error=\"invalid_request\"".to_owned(),
        ChallengeKind::InvalidToken => "Bearer error=\"invalid_token\"".to_owned(),
        ChallengeKind::InsufficientScope(scope) => format!("Bearer {}", insufficient_scope(scope)?),
    };
    HeaderValue::from_str(&text).ok()
}

/// `None` if the scope does not fit into a quoted string, since an application may pass any text.
fn insufficient_scope(scope: &str) -> Option<String> {
    scope.bytes().all(is_quotable).then(|| format!("error=\"insufficient_scope\", scope=\"{scope}\""))
}

/// Whether the byte may be in a quoted string without being escaped.
fn is_quotable(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

fn challenge(common: &str, parameters: Option<&str>) -> Option<HeaderValue> {
    let value = match parameters {
        Some(parameters) => format!("Bearer {common}, {parameters}"),
        None => format!("Bearer {common}"),
    };
    HeaderValue::from_str(&value).ok()
}
