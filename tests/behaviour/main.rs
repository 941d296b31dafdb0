//! Behaviour through the public API. Each test names the requirement that it proves.

mod access_map;
mod builder;
mod csrf;
mod document;
mod exclusion;
mod fixture;
mod login;
mod rejections;
mod requests;
mod scopes;
mod tokens;
mod users;
