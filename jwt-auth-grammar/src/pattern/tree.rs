//! The paths of patterns as a tree of segments: the time of a look-up depends on the length of the path, not on the
//! number of patterns.

use std::collections::HashMap;

use crate::method::MethodSet;
use crate::path::{Segment, fits_rest, segments, split_first};
use crate::raw_path::is_unambiguous;

#[derive(Debug, Default)]
pub(super) struct Tree<'p> {
    root: Node<'p>,
    has_patterns: bool,
}

#[derive(Debug, Default)]
struct Node<'p> {
    literals: HashMap<&'p str, Node<'p>>,
    parameter: Option<Box<Node<'p>>>,
    /// The methods of patterns that end here.
    end: MethodSet<'p>,
    /// The methods of patterns that end here in `{*rest}`.
    rest: MethodSet<'p>,
}

impl<'p> Tree<'p> {
    /// Adds a pattern. A pattern without methods applies to every method.
    pub(super) fn insert(&mut self, methods: &[&'p str], path: &'p str) {
        self.has_patterns = true;
        self.root.insert(methods, path);
    }

    /// Whether the patterns cover every path of a route template for a method.
    #[inline]
    pub(super) fn covers_template(&self, method: &str, template: &str) -> bool {
        self.covers(method, template, Segment::of_template)
    }

    /// Whether a pattern covers this raw path for a method. Always false if servers could read the path differently.
    #[inline]
    pub(super) fn covers_path(&self, method: &str, raw_path: &str) -> bool {
        self.covers(method, raw_path, of_raw_path) && is_unambiguous(raw_path)
    }

    fn covers<'a>(&self, method: &str, path: &'a str, read: fn(&'a str) -> Segment<'a>) -> bool {
        self.has_patterns && path.strip_prefix('/').is_some_and(|path| self.root.covers(method, path, read))
    }
}

/// Reads one segment of a raw path. Only a `{*rest}` covers an encoded segment, because what is below it is wholly open.
fn of_raw_path(segment: &str) -> Segment<'_> {
    if segment.contains('%') { Segment::Rest } else { Segment::Literal(segment) }
}

impl<'p> Node<'p> {
    fn insert(&mut self, methods: &[&'p str], path: &'p str) {
        let mut node = self;
        for segment in segments(path) {
            match segment {
                Segment::Literal(text) => node = node.literals.entry(text).or_default(),
                Segment::Parameter => node = node.parameter.get_or_insert_default(),
                Segment::Rest => {
                    node.rest.add(methods);
                    return;
                }
            }
        }
        node.end.add(methods);
    }

    fn covers<'a>(&self, method: &str, path: &'a str, read: fn(&'a str) -> Segment<'a>) -> bool {
        if self.rest.contains(method) && fits_rest(path) {
            return true;
        }
        let (first, others) = split_first(path);
        let covers = |node: &Self| match others {
            Some(others) => node.covers(method, others, read),
            None => node.end.contains(method),
        };
        match read(first) {
            Segment::Rest => false,
            Segment::Parameter => self.parameter.as_deref().is_some_and(covers),
            Segment::Literal(text) => {
                self.literals.get(text).is_some_and(covers)
                    || (!text.is_empty() && self.parameter.as_deref().is_some_and(covers))
            }
        }
    }
}
