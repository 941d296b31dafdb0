//! What the document says about each operation, as far as the guard enforces it.

use std::borrow::Cow;
use std::collections::HashMap;

use http::Method;

/// The scopes of each documented operation. Empty for a plain `Router`, which has no document.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    /// By route template without the names of its parameters, then by method.
    by_template: HashMap<String, HashMap<String, Vec<String>>>,
}

impl Operations {
    #[cfg(feature = "openapi")]
    pub(crate) fn insert(&mut self, method: &str, template: &str, scopes: Vec<String>) {
        let template = nameless(template).into_owned();
        self.by_template.entry(template).or_default().insert(method.to_owned(), scopes);
    }

    /// `None` where the operation is not documented. HEAD follows GET.
    pub(crate) fn scopes(&self, method: &Method, template: &str) -> Option<&[String]> {
        if self.by_template.is_empty() {
            return None;
        }
        let operations = self.by_template.get(&*nameless(template))?;
        let own = operations.get(method.as_str());
        let scopes = if *method == Method::HEAD { own.or_else(|| operations.get("GET")) } else { own };
        scopes.map(Vec::as_slice)
    }
}

/// A template by what it matches: `/orders/{id}` is `/orders/{number}`.
pub(crate) fn nameless(template: &str) -> Cow<'_, str> {
    if !template.contains('{') {
        return Cow::Borrowed(template);
    }
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, parameter)) = rest.split_once('{') {
        text.push_str(before);
        text.push('{');
        if let Some(after) = parameter.strip_prefix('{') {
            // `{{` is a literal brace, and keeps what stands behind it.
            text.push('{');
            rest = after;
        } else {
            text.push_str(if parameter.starts_with('*') { "*" } else { "" });
            rest = parameter.split_once('}').map_or("", |(_, after)| after);
        }
    }
    Cow::Owned(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_compared_by_what_they_match() {
        assert_eq!(nameless("/orders/{id}"), nameless("/orders/{number}"));
        assert_eq!(nameless("/f/{*path}"), nameless("/f/{*rest}"));
        assert_ne!(nameless("/f/{*path}"), nameless("/f/{path}"));
        assert_ne!(nameless("/{{a}}"), nameless("/{{b}}"));
        assert_ne!(nameless("/{a}/b"), nameless("/{a}/c"));
        assert_eq!(nameless("/a.{x}"), nameless("/a.{y}"));
        assert_eq!(nameless("/a"), "/a");
    }

    #[cfg(feature = "openapi")]
    #[test]
    fn the_scopes_of_an_operation_are_found_and_head_follows_get() {
        let mut operations = Operations::default();
        operations.insert("GET", "/a/{id}", vec!["read".into()]);
        operations.insert("PUT", "/a/{id}", vec!["write".into()]);
        operations.insert("HEAD", "/b", vec!["b".into()]);
        operations.insert("GET", "/b", vec![]);
        let scopes = |method: Method, template| operations.scopes(&method, template).map(<[String]>::to_vec);
        assert_eq!(scopes(Method::GET, "/a/{other}"), Some(vec!["read".into()]));
        assert_eq!(scopes(Method::HEAD, "/a/{id}"), Some(vec!["read".into()]));
        assert_eq!(scopes(Method::PUT, "/a/{id}"), Some(vec!["write".into()]));
        assert_eq!((scopes(Method::HEAD, "/b"), scopes(Method::GET, "/b")), (Some(vec!["b".into()]), Some(vec![])));
        assert_eq!((scopes(Method::POST, "/a/{id}"), scopes(Method::GET, "/c")), (None, None));
    }
}
