//! Under lints that a careful crate denies.
#![deny(missing_docs, unused, unreachable_pub, unused_qualifications, missing_debug_implementations, elided_lifetimes_in_paths, single_use_lifetimes)]

/// What a library would publish.
pub mod api {
    use jwt_auth::{JwtUser, auth_backend};

    /// A user.
    #[derive(Clone, Debug, JwtUser)]
    pub struct User {
        /// The id.
        #[jwt_user(id)]
        pub id: u64,
        /// A claim.
        #[jwt_user(claim)]
        pub name: String,
    }

    /// A backend.
    #[auth_backend(kind = "oauth2", user = User, token_url = "/login", scopes(read = "Read"), exclude = ["/health"])]
    #[derive(Debug)]
    pub struct Auth;
}

#[test]
fn compiles_and_runs() {
    let _ = api::Auth.backend();
}
