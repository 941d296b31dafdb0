//! What a `LoginBuilder` ends with: the token's text alone, or an answer.

use crate::session::refresh::Renewal;
use crate::session::sign_in::SignIn;

/// The purpose of a [`LoginBuilder`](crate::session::login::LoginBuilder) that ends with the token's text.
#[derive(Debug)]
pub struct TokenOnly(pub(crate) ());

mod sealed {
    pub trait Answered {}
}

/// The purpose of a [`LoginBuilder`](crate::session::login::LoginBuilder) that ends with an answer: [`SignIn`] or [`Renewal`].
pub trait Answered: sealed::Answered {}

impl sealed::Answered for SignIn {}
impl Answered for SignIn {}
impl sealed::Answered for Renewal {}
impl Answered for Renewal {}
