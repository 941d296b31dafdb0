//! Two instances of a service on one store.

use std::sync::Arc;

use jwt_auth_tests::{call_with, database};

use crate::handles::{Handles, on_every_store, sqlite};
use crate::service::{Standing, instance, log_out, refresh, revoke, sign_in, standing};

on_every_store! { a_session_that_ends_on_one_instance_is_refused_on_the_other }

// REF-03, REV-04
async fn a_session_that_ends_on_one_instance_is_refused_on_the_other(handles: Handles) {
    let [here, there] = handles.map(instance);
    for is_logout in [true, false] {
        let (access, token) = sign_in(&here).await;
        let Standing::Live(access, token) = standing(&there, &access, &token).await else { panic!("it is live") };
        let Standing::Live(access, token) = standing(&here, &access, &token).await else { panic!("it is live") };
        let (ended, status) =
            if is_logout { (log_out(&here, &access).await, 204) } else { (revoke(&here, &token).await, 200) };
        assert_eq!(ended, status);
        assert_eq!((call_with(&there, &access).await.0, refresh(&there, &token).await), (401, 400));
    }
}

// REF-03
#[tokio::test]
async fn a_sign_out_on_sqlite_survives_a_restart() {
    let path = database();
    let (access, token) = {
        let app = instance(Arc::new(sqlite(&path).await));
        let (access, token) = sign_in(&app).await;
        assert_eq!(log_out(&app, &access).await, 204);
        (access, token)
    };
    let app = instance(Arc::new(sqlite(&path).await));
    assert_eq!((call_with(&app, &access).await.0, refresh(&app, &token).await), (401, 400));
}
