//! What a request needs: nothing on an open route, otherwise a token with the scopes that the operation demands.

pub(crate) mod require;
pub(crate) mod demand;
pub(crate) mod operations;
pub(crate) mod decide;
