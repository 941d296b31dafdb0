//! Reads an operation's own `security(...)`.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::path::Operation;

use crate::access::demand::{Declared, Demand};
use crate::cause::Cause;
use crate::declaration::spec::Spec;
use crate::openapi::scheme::Schemes;
use crate::web::protect_error::ProtectError;

/// The content of an operation's own `security(...)`.
pub(crate) struct OwnSecurity {
    /// Whether it lets everyone in. `None` if the operation has no `security(...)`.
    pub(crate) is_open: Option<bool>,
    pub(crate) demand: Demand,
}

impl OwnSecurity {
    /// Reads the entries, which are alternatives. Fails if one names a scheme or scope that the backend does not declare. The guard
    /// does not distinguish schemes, so if two schemes require different scopes, a token must meet both.
    pub(crate) fn read(
        operation: &Operation,
        spec: &Spec,
        schemes: &Schemes,
        name: &str,
    ) -> Result<Self, ProtectError> {
        let Some(security) = &operation.security else { return Ok(Self { is_open: None, demand: Demand::nothing() }) };
        let json = serde_json::to_value(security).map_err(|error| ProtectError::Document(Cause::new(error)))?;
        let entries: Vec<_> = json.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
        if let Some(scheme) =
            entries.iter().flat_map(|entry| entry.keys()).find(|name| !schemes.names().any(|known| known == *name))
        {
            return Err(ProtectError::UnknownScheme { operation: name.to_owned(), scheme: scheme.clone() });
        }
        let mut demand = Demand::nothing();
        for scheme in schemes.names() {
            let of_scheme = entries.iter().filter(|entry| entry.contains_key(scheme));
            let sets = of_scheme.map(|entry| {
                let scopes = entry.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
                scopes.map(|scope| declared(spec, scope, name)).collect()
            });
            let sets = sets.collect::<Result<Vec<BTreeSet<Declared>>, ProtectError>>()?;
            if !sets.is_empty() {
                demand = demand.and(&Demand::one_of(sets));
            }
        }
        // An empty list, or an entry without a scheme, lets everyone in.
        let is_open = entries.is_empty() || entries.iter().any(|entry| entry.is_empty());
        Ok(Self { is_open: Some(is_open), demand })
    }
}

fn declared(spec: &Spec, scope: &str, operation: &str) -> Result<Declared, ProtectError> {
    let undeclared = || ProtectError::UndeclaredScope { operation: operation.to_owned(), scope: scope.to_owned() };
    Declared::find(spec, |declared| declared.name == scope).ok_or_else(undeclared)
}
