//! What a request needs: nothing on an open route, else a token, and the scopes that apply.

pub(crate) mod mount;
pub(crate) mod require;
pub(crate) mod demand;
pub(crate) mod operations;
pub(crate) mod decide;
