//! What the document says about each operation, as far as the guard enforces it.

use std::collections::HashMap;

use http::Method;

/// The scopes of each documented operation. Empty for a plain `Router`, which has no document.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    /// By route template, then by method.
    by_template: HashMap<String, HashMap<String, Vec<String>>>,
}

impl Operations {
    #[cfg(feature = "openapi")]
    pub(crate) fn insert(&mut self, method: &str, template: &str, scopes: Vec<String>) {
        self.by_template.entry(template.to_owned()).or_default().insert(method.to_owned(), scopes);
    }

    /// `None` where the operation is not documented. HEAD follows GET.
    pub(crate) fn scopes(&self, method: &Method, template: &str) -> Option<&[String]> {
        let operations = self.by_template.get(template)?;
        let own = operations.get(method.as_str());
        let scopes = if *method == Method::HEAD { own.or_else(|| operations.get("GET")) } else { own };
        scopes.map(Vec::as_slice)
    }
}
