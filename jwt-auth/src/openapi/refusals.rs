//! The descriptions of the answers with which the guard and its extractors refuse a request.

use http::{Method, StatusCode};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, HeaderBuilder, RefOr, Response, ResponseBuilder};

use crate::credential::csrf;
use crate::rejection::reason::RejectionReason;

/// The properties of a backend that change its refusals.
#[derive(Clone, Copy)]
pub(crate) struct Refusals {
    /// The backend reads the token from a cookie, so the CSRF check can refuse a request.
    pub(crate) by_cookie: bool,
    /// The application renders refusals itself (`rejection_response`), so the document does not describe their body.
    pub(crate) are_rendered: bool,
}

impl Refusals {
    /// Adds each refusal. If the operation already describes an answer with the same status, only what is missing is added.
    pub(crate) fn add(self, method: &str, operation: &mut Operation, demands_scopes: bool) {
        let is_cross_site = || {
            let is_safe = Method::from_bytes(method.as_bytes()).is_ok_and(|method| csrf::is_safe(&method));
            (self.by_cookie && !is_safe).then(|| RejectionReason::CrossSite("".into()))
        };
        let scope = demands_scopes.then_some(RejectionReason::InsufficientScope("".into()));
        let reasons = [
            RejectionReason::MalformedHeader,
            RejectionReason::MissingCredential,
            RejectionReason::Panicked(""),
            RejectionReason::IssuerUnavailable { reason: String::new(), retry_after: 1 },
        ];
        for reason in reasons.into_iter().chain(scope.or_else(is_cross_site)) {
            let status = reason.status().as_str().to_owned();
            let refusal = self.refusal(&reason);
            let responses = &mut operation.responses.responses;
            match responses.get_mut(&status) {
                Some(RefOr::T(own)) => complete(own, refusal),
                Some(RefOr::Ref(_)) => {}
                None => drop(responses.insert(status, RefOr::T(refusal))),
            }
        }
    }

    /// A problem document (RFC 9457), with a challenge if RFC 6750 has one for the reason.
    pub(crate) fn refusal(self, reason: &RejectionReason) -> Response {
        let response = ResponseBuilder::new().description(reason.detail());
        if self.are_rendered {
            return response.build();
        }
        let text = || ObjectBuilder::new().schema_type(Type::String).build();
        let problem = ObjectBuilder::new()
            .property("type", text())
            .property("title", text())
            .property("status", ObjectBuilder::new().schema_type(Type::Integer).build())
            .property("detail", text());
        let content = ContentBuilder::new().schema(Some(problem.build())).build();
        let response = response.content("application/problem+json", content);
        if reason.has_challenge() {
            let challenge = HeaderBuilder::new().schema(Some(text()));
            response
                .header("WWW-Authenticate", challenge.description(Some("The challenge of RFC 6750 section 3.")).build())
        } else if reason.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.header("Retry-After", retry_after())
        } else {
            response
        }
        .build()
    }
}

/// The `Retry-After` header.
pub(crate) fn retry_after() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds.")).build()
}

fn complete(own: &mut Response, refusal: Response) {
    for (kind, content) in refusal.content {
        own.content.entry(kind).or_insert(content);
    }
    for (name, header) in refusal.headers {
        own.headers.entry(name).or_insert(header);
    }
}
