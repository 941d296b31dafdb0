//! Exclude patterns: `[METHOD|METHOD ]/segment/{parameter}/{*rest}`, axum 0.8 path syntax, anchored.

use std::fmt;

/// The methods that a prefix may name.
pub(crate) const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// A pattern that is sound. No methods means all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    pub(crate) methods: Vec<String>,
    pub(crate) path: String,
}

impl PathPattern {
    /// # Errors
    ///
    /// What is wrong and what to write instead, as one line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the pattern is empty; write `\"/\"` for the root route".into());
        }
        let (methods, path) = match text.split_once(' ') {
            Some((methods, path)) if !methods.starts_with('/') => (parse_methods(methods)?, path),
            _ => (Vec::new(), text),
        };
        check_path(path)?;
        Ok(Self { methods, path: path.to_owned() })
    }
}

/// As it is written, which is how the runtime takes it apart.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join("|"))?;
        }
        f.write_str(&self.path)
    }
}

fn parse_methods(text: &str) -> Result<Vec<String>, String> {
    let mut methods: Vec<String> = Vec::new();
    for method in text.split('|') {
        let upper = method.to_ascii_uppercase();
        if !METHODS.contains(&upper.as_str()) {
            let suggestion = crate::diag::suggestion(&upper, METHODS);
            return Err(format!("unknown method `{method}`{suggestion}"));
        }
        if upper != method {
            return Err(format!("the method `{method}` must be in upper case; write `{upper}`"));
        }
        if methods.contains(&upper) {
            return Err(format!("duplicate method `{method}`; remove one"));
        }
        methods.push(upper);
    }
    Ok(methods)
}

/// The rules for the path, in the order in which a reader would name them.
fn check_path(path: &str) -> Result<(), String> {
    let stray = |character: &char| {
        character.is_whitespace() || character.is_control() || "?#%;\\^$()|[]\"<>`".contains(*character)
    };
    if let Some(character) = path.chars().find(stray) {
        return Err(format!(
            "`{}` cannot stand in a pattern; write literal segments, `{{parameter}}` for one segment and a last `{{*rest}}` for what is below",
            character.escape_debug()
        ));
    }
    if !path.starts_with('/') {
        return Err(format!("the path must start with `/`; write `\"/{path}\"`"));
    }
    if path.contains("//") {
        return Err(format!("the path has an empty segment; write `\"{}\"`", squeezed(path)));
    }
    let mut names = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        check_segment(segment, index + 1 == segments.len(), &mut names)?;
    }
    if segments.len() == 1 && segments.iter().all(|segment| segment.starts_with("{*")) {
        return Err("the pattern opens every route; name the routes to open".into());
    }
    Ok(())
}

fn check_segment<'p>(segment: &'p str, is_last: bool, names: &mut Vec<&'p str>) -> Result<(), String> {
    if segment == "." || segment == ".." {
        return Err(format!("the segment `{segment}` never reaches a route; write the path without it"));
    }
    if let Some(name) = segment.strip_prefix(':') {
        return Err(format!("`{segment}` is the syntax of axum 0.7; write `{{{name}}}`"));
    }
    if !segment.contains(['{', '}']) {
        return match segment.strip_prefix('*') {
            Some("" | "*") => Err(format!("`{segment}` is no wildcard here; write `{{*rest}}`")),
            Some(name) if !name.contains('*') => {
                Err(format!("`{segment}` is the syntax of axum 0.7; write `{{*{name}}}`"))
            }
            _ if segment.contains('*') => {
                Err(format!("`{segment}` is no wildcard here; write `{{name}}` for the whole segment"))
            }
            _ => Ok(()),
        };
    }
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
        return Err(format!(
            "a parameter must be a whole segment, with one pair of braces; write `/{{name}}/` instead of `{segment}`"
        ));
    };
    let (name, is_rest) = inner.strip_prefix('*').map_or((inner, false), |name| (name, true));
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return Err(format!("`{segment}` has no name of letters, digits and `_`; write `{{id}}` or `{{*rest}}`"));
    }
    if names.contains(&name) {
        return Err(format!("duplicate parameter `{name}`; rename one"));
    }
    names.push(name);
    if is_rest && !is_last {
        return Err(format!("`{segment}` must be the last segment; write `{{{name}}}` for one segment"));
    }
    Ok(())
}

fn squeezed(path: &str) -> String {
    let mut squeezed = path.to_owned();
    while squeezed.contains("//") {
        squeezed = squeezed.replace("//", "/");
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_patterns_are_taken_apart() {
        let parse = |text| PathPattern::parse(text).unwrap();
        assert_eq!(parse("/"), PathPattern { methods: vec![], path: "/".into() });
        assert_eq!(parse("GET|POST /items/{id}").methods, ["GET", "POST"]);
        for text in ["/a/b-c/d.e/f_g/~h", "/docs/", "/{a}/{b}/{*c}", "/x/{*rest}", "OPTIONS /x", "/@me", "/a=b,c"] {
            assert!(PathPattern::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn unsound_ones_are_refused_with_what_to_write() {
        for (text, hint) in [
            ("", "`\"/\"`"),
            ("login", "`\"/login\"`"),
            ("/a//b", "`\"/a/b\"`"),
            ("/a/../b", "without it"),
            ("/a?x", "literal segments"),
            ("^/a$", "literal segments"),
            ("/a.*", "no wildcard"),
            ("/a/*", "`{*rest}`"),
            ("/a/**", "`{*rest}`"),
            ("/health*", "whole segment"),
            ("/:id", "`{id}`"),
            ("/*rest", "`{*rest}`"),
            ("/{a", "whole segment"),
            ("/{}", "has no name"),
            ("/{{a}}", "one pair"),
            ("/{a}x", "whole segment"),
            ("/{*a}/b", "last segment"),
            ("/{a}/{a}", "rename one"),
            ("/{1a}", "has no name"),
            ("/{*rest}", "every route"),
            ("GTE /a", "`GET`"),
            ("get /a", "`GET`"),
            ("GET|GET /a", "remove one"),
            ("/a b", "literal segments"),
            ("/a%20", "literal segments"),
            ("GET a", "`\"/a\"`"),
            ("/a;b", "literal segments"),
            ("/a\\b", "literal segments"),
            ("/ü\n", "literal segments"),
        ] {
            let message = PathPattern::parse(text).unwrap_err();
            assert!(message.contains(hint), "{text:?}: {message}");
        }
    }
}
