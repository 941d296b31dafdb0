//! A failed sign-in that can succeed later, as a `Rejection`: the answer is 503, and says when to send the request again.

use axum::response::IntoResponse;
use jwt_auth::{LoginError, Rejection, RejectionReason, StoreError};

#[test]
fn a_rejection_says_when_to_send_the_request_again() {
    let answers = [
        (LoginError::SignedOutMeanwhile { before: 1_800_000_000, retry_after: 7 }, "7"),
        (LoginError::TooManySessions, "60"),
        (LoginError::Store(StoreError::new("no connection")), "1"),
    ];
    for (error, retry_after) in answers {
        let answer = Rejection::from(error.clone()).into_response();
        assert_eq!(answer.status(), 503, "{error}");
        assert_eq!(answer.headers()["retry-after"], retry_after, "{error}");
        let reason = answer.extensions().get::<RejectionReason>().unwrap();
        assert_eq!(matches!(reason, RejectionReason::TryAgain { .. }), retry_after != "1", "{error}");
    }
    let rejection = Rejection::from(LoginError::TooManySessions);
    assert_eq!(rejection.detail(), "the request cannot be answered now; send it again later");
}
