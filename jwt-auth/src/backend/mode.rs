//! Whether a backend issues tokens, as a type, so that a login with a backend that only verifies does not compile.

/// The backend issues tokens and verifies its own: see [`Builder::keys`](crate::Builder::keys). This is the default.
#[derive(Clone, Copy, Debug)]
pub enum Issuing {}

/// The backend verifies the tokens of other issuers and issues none, as a resource server does (RFC 6749 section 1.1):
/// see [`Builder::verify_only`](crate::Builder::verify_only). It has no `login`.
#[derive(Clone, Copy, Debug)]
pub enum VerifyOnly {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::backend::mode::Issuing {}
    impl Sealed for crate::backend::mode::VerifyOnly {}
}

/// [`Issuing`] or [`VerifyOnly`].
pub trait Mode: sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    const ISSUES: bool;
}

impl Mode for Issuing {
    const ISSUES: bool = true;
}

impl Mode for VerifyOnly {
    const ISSUES: bool = false;
}
