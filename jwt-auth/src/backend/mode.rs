//! Whether a backend issues tokens, as a type, so that a login that cannot be does not compile.

/// The backend issues tokens and verifies its own: [`Builder::keys`](crate::Builder::keys). The default.
#[derive(Clone, Copy, Debug)]
pub enum Issuing {}

/// The backend verifies the tokens of others and issues none, a resource server of RFC 6749 section 1.1:
/// [`Builder::verify_only`](crate::Builder::verify_only). It has no `login`.
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
