//! The HTTP methods that a pattern may name.

/// All HTTP methods, as RFC 9110 section 9 and RFC 5789 write them.
pub const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// Whether a route or a pattern for the method `declared` applies to a request with the method `requested`. `HEAD`
/// follows `GET`, because axum answers it with the handler of `GET`.
#[inline]
pub fn answers(declared: &str, requested: &str) -> bool {
    declared == requested || (declared == "GET" && requested == "HEAD")
}

/// A set of methods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MethodSet<'m> {
    /// No method.
    #[default]
    None,
    /// These methods.
    Some(Vec<&'m str>),
    /// Every method, even one that no RFC names.
    All,
}

impl<'m> MethodSet<'m> {
    /// Adds the methods of a pattern. An empty list means every method.
    pub fn add(&mut self, methods: &[&'m str]) {
        match self {
            _ if methods.is_empty() => *self = Self::All,
            Self::All => {}
            Self::Some(known) => known.extend(methods),
            Self::None => *self = Self::Some(methods.to_vec()),
        }
    }

    /// Whether the set has a method. `HEAD` follows `GET`.
    #[inline]
    pub fn contains(&self, method: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(methods) => methods.iter().any(|declared| answers(declared, method)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_follows_get_and_not_the_reverse() {
        assert!(answers("GET", "GET") && answers("GET", "HEAD") && answers("HEAD", "HEAD"));
        assert!(!answers("HEAD", "GET") && !answers("POST", "HEAD") && !answers("get", "GET"));
    }

    #[test]
    fn an_empty_list_is_every_method() {
        let mut set = MethodSet::default();
        assert!(!set.contains("GET"));
        set.add(&["GET", "PUT"]);
        assert!(set.contains("HEAD") && set.contains("PUT") && !set.contains("POST"));
        set.add(&["POST"]);
        assert!(set.contains("POST") && !set.contains("FOO"));
        set.add(&[]);
        assert!(set.contains("FOO"));
        set.add(&["GET"]);
        assert_eq!(set, MethodSet::All);
    }
}
