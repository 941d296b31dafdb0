//! What a `LoginBuilder` ends with: the token's text alone, or an answer.

use super::refresh::Renewal;
use super::sign_in::SignIn;

/// The purpose of a [`LoginBuilder`](super::LoginBuilder) that ends with the token's text.
#[derive(Debug)]
pub struct TokenOnly(pub(super) ());

mod sealed {
    pub trait Answered {}
}

/// The purpose of a [`LoginBuilder`](super::LoginBuilder) that ends with an answer: [`SignIn`] or [`Renewal`].
pub trait Answered: sealed::Answered {}

impl sealed::Answered for SignIn {}
impl Answered for SignIn {}
impl sealed::Answered for Renewal {}
impl Answered for Renewal {}
