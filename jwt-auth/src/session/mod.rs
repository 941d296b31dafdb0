//! Sessions and refresh tokens: everything about one subject is one document, and a store only replaces documents.
//!
//! An effect (begin, refresh, sign-out, ...) reads the document, decides with a pure function of [`Subject`], and asks
//! the store to replace the document, if nobody has replaced it meanwhile. So each effect happens wholly or not at all,
//! and a call that arrives late changes nothing. The decisions are checked as a model, in `model`.

mod attempt;
mod begin;
mod code_effects;
mod document;
mod effects;
mod encoding;
mod end;
mod list;
mod live_session;
mod memory;
// Only with the feature `testing`, so that a run of several feature sets checks the model once.
#[cfg(all(test, feature = "testing"))]
mod model;
mod names;
mod prune;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_link;
#[cfg(feature = "redis")]
mod redis_route;
mod refresh_effects;
mod rotate;
mod rules;
mod secrets;
mod single_use;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_connection;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_statements;
mod store;
mod subject;
mod summary;
#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests;

#[cfg(feature = "redis")]
pub use self::redis::RedisDocumentStore;
pub use document::{Body, Document, Key, Summary, Version};
pub use memory::MemoryDocumentStore;
#[cfg(feature = "postgres")]
pub use sql::PostgresDocumentStore;
#[cfg(feature = "sqlite")]
pub use sql::SqliteDocumentStore;
pub use store::{DocumentStore, Reading, Safety};

pub(crate) use begin::Begun;
pub(crate) use code_effects::CodeUse;
pub(crate) use effects::{Account, NewSession, Sessions};
pub(crate) use end::{Ending, RevokedToken};
pub(crate) use list::ListedSession;
pub(crate) use names::{Attempt, JwtIdHash, SealedSuccessor, SessionId, SubjectTag, TokenHash};
pub(crate) use refresh_effects::{FoundSession, Refreshed, Refreshing};
pub(crate) use rotate::{Rotation, Settlement, TokenUse};
pub(crate) use rules::Rules;
pub(crate) use secrets::{ChangingSecret, FamilySecret, RefreshToken};
pub(crate) use single_use::Redeemed;
pub(crate) use subject::Subject;
pub(crate) use summary::{AccessToken, Standing};
