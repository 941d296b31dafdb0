//! Sessions and refresh tokens: everything about one subject is one document, and a store only replaces documents.
//!
//! An effect (begin, refresh, sign-out, ...) reads the document, decides with a pure function of [`Subject`], and asks the store to
//! put the new document in place if nobody has replaced the old one meanwhile. So each effect happens wholly or not at all, and a
//! call that arrives late changes nothing. The decisions are checked as a model, in `model`.

mod begin;
mod document;
mod encoding;
mod end;
mod list;
mod live_session;
#[cfg(test)]
mod model;
mod names;
mod prune;
mod rotate;
mod rules;
mod secrets;
mod single_use;
mod subject;
mod summary;
#[cfg(test)]
mod tests;

pub use document::{Body, Document, Key, Summary, Version};
