//! What the benchmarks share.

/// The user of every backend here.
#[derive(Clone, Debug, jwt_auth::JwtUser)]
pub struct User {
    /// The subject.
    #[jwt_user(id)]
    pub id: u64,
}

/// Backends that differ in how many patterns they have.
pub mod patterns {
    use super::User;

    include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
}

/// How often the program `requests` sends what valgrind counts.
pub const COUNTED_REQUESTS: usize = 2_000;
