//! The methods that patterns open.

use http::Method;

#[derive(Debug, Default)]
pub(crate) enum Methods {
    #[default]
    None,
    Some(Vec<&'static str>),
    All,
}

impl Methods {
    pub(crate) fn add(&mut self, methods: &[&'static str]) {
        match self {
            _ if methods.is_empty() => *self = Self::All,
            Self::All => {}
            Self::Some(known) => known.extend(methods),
            Self::None => *self = Self::Some(methods.to_vec()),
        }
    }

    /// HEAD follows GET: axum answers it by the GET handler.
    pub(crate) fn contains(&self, method: &Method) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(methods) => {
                methods.contains(&method.as_str()) || (*method == Method::HEAD && methods.contains(&"GET"))
            }
        }
    }
}
