//! One pattern.

use std::fmt;

use super::syntax;
use super::tree::Tree;
use crate::error::SyntaxError;
use crate::method::answers;
use crate::path::{Segment, overlaps, segments};

/// A valid pattern. A pattern without methods applies to every method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern<'p> {
    /// The methods, in the order in which they are written.
    pub methods: Vec<&'p str>,
    /// The path.
    pub path: &'p str,
}

impl<'p> Pattern<'p> {
    /// Checks a pattern and splits it.
    ///
    /// # Errors
    ///
    /// If the text is not a pattern, or opens every route.
    pub fn parse(text: &'p str) -> Result<Self, SyntaxError> {
        syntax::check(text)?;
        Ok(Self::split(text))
    }

    /// Splits a pattern that [`parse`](Self::parse) has accepted before.
    pub fn split(text: &'p str) -> Self {
        match text.split_once(' ') {
            Some((methods, path)) => Self { methods: methods.split('|').collect(), path },
            None => Self { methods: Vec::new(), path: text },
        }
    }

    /// Whether this pattern opens every request that the other one opens.
    pub fn covers(&self, other: &Pattern<'_>) -> bool {
        let takes_its_methods = match other.methods.as_slice() {
            [] => self.methods.is_empty(),
            methods => methods.iter().all(|method| self.takes(method)),
        };
        takes_its_methods && self.covers_path_of(other.path)
    }

    /// Whether this pattern opens every path of a route for a method.
    pub fn covers_template(&self, method: &str, template: &str) -> bool {
        self.takes(method) && self.covers_path_of(template)
    }

    /// Whether this pattern opens some path of a route.
    pub fn overlaps(&self, template: &str) -> bool {
        overlaps(self.path, template)
    }

    /// Whether `HEAD` is named beside `GET`, which it follows anyway.
    pub fn names_head_twice(&self) -> bool {
        self.methods.contains(&"GET") && self.methods.contains(&"HEAD")
    }

    fn covers_path_of(&self, template: &str) -> bool {
        let mut tree = Tree::default();
        tree.insert(&[], self.path);
        tree.covers_template("", template)
    }

    pub(super) fn takes(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|declared| answers(declared, method))
    }

    /// For a pattern without a literal segment: how many parameters it has, and whether `{*rest}` follows.
    pub(super) fn parameters(&self) -> Option<(usize, bool)> {
        let segments: Vec<Segment<'_>> = segments(self.path).collect();
        let is_literal = |segment: &Segment<'_>| matches!(segment, Segment::Literal(_));
        let has_rest = segments.last() == Some(&Segment::Rest);
        (!segments.iter().any(is_literal)).then_some((segments.len().saturating_sub(usize::from(has_rest)), has_rest))
    }
}

/// Prints the pattern as it is written in `exclude`.
impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join("|"))?;
        }
        f.write_str(self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Pattern<'_> {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn valid_patterns_are_taken_apart() {
        assert_eq!(parse("/"), Pattern { methods: vec![], path: "/" });
        assert_eq!(parse("GET|POST /items/{id}"), Pattern { methods: vec!["GET", "POST"], path: "/items/{id}" });
        for text in ["/a/b-c/d.e/f_g/~h", "/{a}/{b}/{*c}", "/x/{*rest}", "OPTIONS /x", "/@me", "/a=b,c", "/v1:batch"] {
            assert_eq!(parse(text).to_string(), text);
        }
    }

    // EXC-03
    #[test]
    fn a_pattern_covers_what_it_opens() {
        for (ours, theirs) in [
            ("/a", "/a"),
            ("/a", "GET /a"),
            ("GET /a", "HEAD /a"),
            ("GET|POST /a", "POST /a"),
            ("/{x}", "/{y}"),
            ("/{x}", "/a"),
            ("/a/{*x}", "/a/b/c"),
            ("/a/{*x}", "/a/{b}"),
            ("/a/{*x}", "/a/{b}/{*c}"),
            ("/{a}/{*x}", "/a/{*y}"),
        ] {
            assert!(parse(ours).covers(&parse(theirs)), "{ours} {theirs}");
        }
        for (ours, theirs) in [
            ("GET /a", "/a"),
            ("HEAD /a", "GET /a"),
            ("GET /a", "GET|POST /a"),
            ("/a", "/b"),
            ("/a", "/{x}"),
            ("/{x}", "/"),
            ("/a/{*x}", "/a"),
            ("/{a}", "/{a}/{b}"),
            ("/{a}/{b}", "/{a}"),
            ("/a/{b}", "/a/{*b}"),
            ("/a/{b}/{*x}", "/a/{*b}"),
        ] {
            assert!(!parse(ours).covers(&parse(theirs)), "{ours} {theirs}");
        }
        assert!(parse("GET /a").covers_template("HEAD", "/a") && !parse("GET /a").covers_template("POST", "/a"));
        assert!(parse("/a/{x}").overlaps("/{y}/b") && !parse("/a/{x}").overlaps("/a"));
        assert!(parse("GET|HEAD /a").names_head_twice() && !parse("HEAD /a").names_head_twice());
    }
}
