//! The macros name everything by absolute path: they work without the prelude, with every name that they might use
//! shadowed, and under another name of the crate. The whole crate is compiled that way; the test only runs it.

#![no_implicit_prelude]
#![deny(warnings)]

// Whoever writes `Option` or `std::...` without a leading `::` gets one of these.
#[allow(dead_code, unreachable_pub)]
mod shadowed {
    pub(crate) enum Option {}
    pub(crate) enum Result {}
    pub(crate) enum String {}
    pub(crate) enum Some {}
    pub(crate) enum None {}
    pub(crate) enum Ok {}
    pub(crate) enum Err {}
    pub(crate) enum Vec {}
    pub(crate) enum Box {}
    pub(crate) enum Token {}
    pub(crate) enum Future {}
    pub(crate) enum Parts {}
    pub(crate) trait Send {}
    pub(crate) trait Sync {}
    pub(crate) trait Clone {}
    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod jwt_auth {}
}

/// A crate that re-exports the runtime, for `crate = crate::reexport::auth`.
pub mod reexport {
    pub use ::renamed_auth as auth;
}

/// The user is rebuilt from the token.
pub mod stateless {
    #[allow(unused_imports)]
    use super::shadowed::*;

    #[allow(non_camel_case_types, dead_code)]
    type str = ();
    #[allow(non_camel_case_types, dead_code)]
    type u8 = ();

    /// A user.
    #[derive(::core::clone::Clone, ::core::fmt::Debug, ::renamed_auth::JwtUser)]
    #[jwt_user(crate = ::renamed_auth)]
    pub struct User {
        #[jwt_user(id)]
        /// The subject.
        pub id: u64,
        #[jwt_user(claim = "n")]
        /// A claim.
        pub name: ::std::string::String,
        #[jwt_user(claim)]
        /// A claim.
        pub r#type: ::core::option::Option<u32>,
    }

    /// A backend.
    #[::renamed_auth::auth_backend(
        crate = ::renamed_auth,
        kind = "oauth2",
        user = User,
        token_url = "/login",
        cookie(name = "__Secure-t", path = "/app", same_site = "none"),
        description = "Sign in",
        scopes(read = "Read", "write:all"(read) = "Write"),
        exclude = ["GET|POST /open/{id}", "/docs/{*rest}"],
    )]
    pub struct Auth;

    /// The names of the scopes.
    pub fn names() -> [&'static ::core::primitive::str; 2] {
        [<auth::Read as ::renamed_auth::guard::Scope>::NAME, <auth::WriteAll as ::renamed_auth::guard::Scope>::NAME]
    }
}

/// The user is looked up, and generic.
pub mod stateful {
    #[allow(unused_imports)]
    use super::shadowed::*;

    /// A user.
    #[derive(::core::clone::Clone, ::core::fmt::Debug, ::renamed_auth::JwtUser)]
    #[jwt_user(crate = crate::reexport::auth)]
    pub struct User<T> {
        #[jwt_user(id)]
        /// The subject.
        pub id: ::std::string::String,
        /// A value.
        pub value: T,
    }

    /// A backend.
    #[::renamed_auth::auth_backend(
        crate = crate::reexport::auth,
        kind = "bearer",
        user = User<T>,
        retrieve_user = find::<T>,
        revoked = revoked::<T>,
        header = "X-API-Key",
    )]
    pub struct Auth<T>(
        /// A value.
        pub T,
    )
    where
        T: ::core::clone::Clone;

    async fn find<T>(
        auth: &Auth<T>,
        token: &::renamed_auth::Token,
        _: &::renamed_auth::Parts,
    ) -> ::core::option::Option<User<T>>
    where
        T: ::core::clone::Clone,
    {
        ::core::option::Option::Some(User {
            id: ::std::string::ToString::to_string(token.subject()),
            value: ::core::clone::Clone::clone(&auth.0),
        })
    }

    fn revoked<T>(_: &Auth<T>, token: &::renamed_auth::Token) -> bool
    where
        T: ::core::clone::Clone,
    {
        token.has_scope("revoked")
    }
}

#[cfg(test)]
#[::core::prelude::v1::test]
fn both_backends_build_and_issue_tokens() {
    use ::core::prelude::v1::{Ok, assert_eq};
    let keys = ::renamed_auth::Keys::hs256_ephemeral();
    let Ok(keys) = keys else { ::core::panic!("no keys") };
    let auth = stateless::Auth.backend().keys(::core::clone::Clone::clone(&keys)).issuer("a").build();
    let Ok(auth) = auth else { ::core::panic!("no backend") };
    let user = stateless::User { id: 7, name: ::std::string::String::new(), r#type: ::core::option::Option::None };
    ::core::assert!(::core::result::Result::is_ok(&auth.create_token(&user)));
    assert_eq!(stateless::names(), ["read", "write:all"]);

    let auth = stateful::Auth(1_u32).backend().keys(keys).issuer("b").build();
    let Ok(auth) = auth else { ::core::panic!("no backend") };
    let user = stateful::User { id: ::std::string::ToString::to_string("x"), value: 1_u32 };
    ::core::assert!(::core::result::Result::is_ok(&auth.create_token(&user)));
}
