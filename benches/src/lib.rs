//! The items that the benchmarks share.

/// The user of every backend here.
#[derive(Clone, Debug, jwt_auth::JwtUser)]
pub struct User {
    /// The subject.
    #[jwt_user(id)]
    pub id: u64,
}

/// Backends with different numbers of patterns.
pub mod patterns {
    use super::User;

    include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
}

/// The number of requests that the program `requests` sends while valgrind counts.
pub const COUNTED_REQUESTS: usize = 2_000;
