//! What a router logs whose routes cannot be read.

use axum::Router;
use axum::routing::get;

use crate::fixture::{Bearer, ready};
use crate::logged;

#[test]
fn routes_that_cannot_be_read_are_logged() {
    let auth = ready(Bearer.backend());
    let log_of = |path: &str| {
        let router = Router::new().route(path, get(|| async {}));
        logged(|| async { drop(auth.protect(router).unwrap()) })
    };
    // axum prints the quote as it stands, so the list of its routes has no end that can be found.
    let text = log_of("/a\"b");
    assert!(text.contains("the routes of this router cannot be read"), "{text}");
    let text = log_of("/a");
    assert!(!text.contains("cannot be read"), "{text}");
}
