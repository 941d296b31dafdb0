//! Sessions and refresh tokens. Everything about one subject is in one document, and all that a store does is to read and replace
//! documents.
//!
//! An effect (begin, refresh, sign-out, ...) reads the document, decides with a pure function of [`Subject`], and asks the store
//! to replace the document if nobody else has replaced it meanwhile. So each effect happens wholly or not at all, and a call that
//! arrives late changes nothing. The tests in `model` check the decisions in all orders of steps.

mod attempt;
mod begin;
mod begin_effects;
#[cfg_attr(
    not(feature = "testing"),
    allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
)]
mod code_effects;
mod document;
mod effects;
mod encoding;
mod end;
mod end_effects;
mod list;
mod live_session;
mod memory;
// Only with the feature `testing`, so that a run of several feature sets checks the model once.
#[cfg(all(test, feature = "testing"))]
mod model;
mod names;
mod prune;
mod recent;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
pub(crate) mod redis_link;
#[cfg(feature = "redis")]
mod redis_route;
mod refresh_effects;
mod rotate;
mod rules;
mod secrets;
#[cfg_attr(
    not(feature = "testing"),
    allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
)]
mod single_use;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_connection;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sql_statements;
mod store;
mod subject;
mod summary;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod sweeper;
mod tags;
#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use document::{Body, Document, Key, Summary, Version};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use sql::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteStore;
pub use store::{Reading, Safety, Store};

pub(crate) use begin::Begun;
pub(crate) use begin_effects::NewSession;
pub(crate) use effects::{Account, Sessions};
pub(crate) use end::{EndedToken, Ending, RevokedToken};
pub(crate) use list::ListedSession;
pub(crate) use names::{JwtIdHash, SessionId, SubjectTag};
// What only the tests of stores and of the protocol need.
#[cfg(any(test, feature = "testing"))]
#[allow(unused_imports, reason = "one of the two uses all of them")]
pub(crate) use self::{
    code_effects::CodeUse,
    names::{Attempt, SealedSuccessor, TokenHash},
    rotate::{Rotation, Settlement, TokenUse},
    secrets::ChangingSecret,
    single_use::Redeemed,
    subject::Subject,
};
pub(crate) use refresh_effects::{FoundSession, Refreshed, Refreshing};
pub(crate) use rules::Rules;
pub(crate) use secrets::RefreshToken;
pub(crate) use summary::{AccessToken, Standing};
pub(crate) use tags::{SubjectName, SubjectNameRef};
