//! The rules for the tokens of other issuers.
