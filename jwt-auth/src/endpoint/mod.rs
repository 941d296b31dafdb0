//! The token endpoint that the library answers itself (RFC 6749 sections 4.3 and 6), where the declaration names
//! `authenticate`.

mod token;

pub(crate) use token::route;
