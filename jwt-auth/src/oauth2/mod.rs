//! OAuth 2.0 messages (RFC 6749): clients, forms, answers and errors.

pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod password_form;
pub(crate) mod resource_metadata;
pub(crate) mod token_form;
pub(crate) mod token_response;

pub use client::Client;
pub use error::GrantError;
pub use password_form::PasswordForm;
pub use resource_metadata::ResourceMetadata;
pub use token_response::TokenResponse;
