//! Behaviour through the public API. Each test names the requirement that it proves.

mod access_map;
mod builder;
mod claims;
mod csrf;
mod document;
mod exclusion;
mod fixture;
mod issuing;
mod keys;
mod login;
mod mounting;
mod order;
mod rejections;
mod reliability;
mod remote_jwks;
mod requests;
mod revocation;
mod rotation;
mod schemes;
mod scopes;
mod start_up;
mod templates;
mod testing;
mod token_endpoint;
mod tokens;
mod users;
