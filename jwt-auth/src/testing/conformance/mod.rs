//! Tests that every store must pass.
#![allow(clippy::indexing_slicing, reason = "assertions")]

pub(crate) mod handles;
mod service;
mod codes;
mod protocol;
mod random;
mod store_rules;

pub use crate::testing::conformance::codes::*;
pub use crate::testing::conformance::handles::{Handles, MaybeHandles};
pub use crate::testing::conformance::protocol::*;
pub use crate::testing::conformance::random::*;
pub use crate::testing::conformance::store_rules::*;

/// Tests that a [`Store`](crate::store::Store) does what the trait promises. Use it for a store of your own:
///
/// ```
/// # #[cfg(test)]
/// mod my_store {
///     jwt_auth::testing::store_conformance!(async {
///         let store = std::sync::Arc::new(jwt_auth::MemoryStore::new());
///         [std::sync::Arc::clone(&store), store]
///     });
/// }
/// ```
///
/// Expands to `#[tokio::test]`s in the module that calls it. The expression is a future that yields two handles on one store, as
/// two instances of a service would have. It may also yield an `Option` of the two, which is `None` if the server is not
/// available. Each test awaits its own pair. All pairs may share one database, since every test uses its own keys.
#[macro_export]
#[doc(hidden)]
macro_rules! __store_conformance {
    ($handles:expr) => {
        $crate::__store_conformance! { @each $handles;
            a_document_is_replaced_if_its_version_is_as_expected
            concurrent_increments_are_not_lost
            a_replacement_is_visible_at_once_through_another_handle
            no_two_keys_share_a_document
            bytes_come_back_unchanged
            a_call_that_is_dropped_leaves_the_old_or_the_new_document
            a_call_that_arrives_late_changes_nothing
            a_document_is_kept_until_it_may_be_deleted
            a_session_is_one_document_however_often_it_is_refreshed
            an_old_token_of_any_age_ends_the_session
            a_use_that_was_not_answered_gives_the_same_successor
            the_grace_gives_the_same_successor
            one_of_many_concurrent_uses_is_answered
            a_sign_out_ends_one_session_of_three_on_every_instance
            a_sign_out_everywhere_holds_on_every_clock
            one_access_token_is_revoked
            a_sign_in_takes_the_place_of_a_session
            a_code_that_is_redeemed_twice_leaves_no_session
            an_assertion_is_used_once
            many_concurrent_effects_all_finish
            the_same_steps_give_the_same_documents_as_in_memory
        }
    };
    (@each $handles:expr; $($name:ident)+) => {
        $(#[::tokio::test(flavor = "multi_thread")]
        async fn $name() {
            if let Some(handles) = $crate::testing::conformance::MaybeHandles::shared($handles.await) {
                $crate::testing::conformance::$name(handles).await;
            }
        })+
    };
}
