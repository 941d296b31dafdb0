//! How a pattern must be written. What it covers is in `tree.rs`.

use crate::error::SyntaxError;
use crate::method::METHODS;
use crate::path::{is_dot_segment, is_literal_char};
use crate::text::first_that;
use crate::words::suggestion;

type Checked = Result<(), SyntaxError>;

/// The pattern that is checked. Every error needs it to compute its position.
#[derive(Clone, Copy)]
struct Text<'p>(&'p str);

impl Text<'_> {
    fn error(self, part: &str, message: impl Into<String>) -> Checked {
        Err(SyntaxError::new(self.0, part, message))
    }
}

pub(super) fn check(pattern: &str) -> Checked {
    let text = Text(pattern);
    if pattern.trim().is_empty() {
        return text.error(pattern, "the pattern is empty; write `\"/\"` for the root route");
    }
    if pattern.trim() != pattern {
        return text.error(pattern, format!("the pattern begins or ends with white space; {}", write(pattern.trim())));
    }
    if let Some(meant) = with_methods_joined(pattern) {
        let message = format!("methods are joined by `|`, with one space before the path; write `\"{meant}\"`");
        return text.error(pattern, message);
    }
    match pattern.split_once(char::is_whitespace) {
        Some((methods, path)) if !methods.contains('/') => {
            check_methods(text, methods)?;
            check_path(text, path)
        }
        _ if METHODS.contains(&pattern) => {
            let message = format!("the pattern has a method but no path; write `\"{pattern} /\"` for the root route");
            text.error(pattern, message)
        }
        _ => check_path(text, pattern),
    }
}

/// The corrected pattern, if its methods are not joined by `|` or not followed by exactly one space.
fn with_methods_joined(text: &str) -> Option<String> {
    let (head, path) = text.split_at_checked(text.find('/')?)?;
    let between = |character: char| character.is_whitespace() || "|,".contains(character);
    let methods: Vec<&str> = head.split(between).filter(|method| !method.is_empty()).collect();
    let meant = format!("{} {path}", methods.join("|"));
    let is_meant = !methods.is_empty() && methods.iter().all(|method| METHODS.contains(method)) && !head.contains("||");
    (is_meant && meant != text && !head.starts_with('|') && !head.trim_end().ends_with('|')).then_some(meant)
}

/// Recommends `text` if it is a valid pattern, and an example if not.
fn write(text: &str) -> String {
    match check(text) {
        Ok(()) => format!("write `\"{text}\"`"),
        Err(_) => "write the route as axum has it, such as `\"/items/{id}\"`".into(),
    }
}

fn check_methods(text: Text<'_>, methods: &str) -> Checked {
    let mut seen: Vec<&str> = Vec::new();
    for method in methods.split('|') {
        let upper = method.to_ascii_uppercase();
        if method.is_empty() {
            return text.error(methods, "a method is missing next to `|`; write `\"GET|POST /both\"`");
        }
        if !METHODS.contains(&upper.as_str()) {
            let advice = match upper.as_str() {
                "ANY" | "ALL" | "*" => "; leave the methods out for all of them".to_owned(),
                _ => suggestion(&upper, &METHODS),
            };
            return text.error(method, format!("unknown method `{method}`{advice}"));
        }
        if upper != method {
            return text.error(method, format!("the method `{method}` must be in upper case; write `{upper}`"));
        }
        if seen.contains(&method) {
            return text.error(method, format!("duplicate method `{method}`; remove one"));
        }
        seen.push(method);
    }
    Ok(())
}

/// The rules of the path, the most obvious mistake first.
fn check_path(text: Text<'_>, path: &str) -> Checked {
    if let Some((_, rest)) = path.split_once("://") {
        let route = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/");
        return text.error(path, format!("a pattern is a path, without scheme and host; {}", write(route)));
    }
    check_characters(text, path)?;
    if !path.starts_with('/') {
        return text.error(path, format!("the path must start with `/`; {}", write(&format!("/{path}"))));
    }
    if path.contains("//") {
        return text.error(path, format!("the path has an empty segment; {}", write(&without_empty_segments(path))));
    }
    let shorter = path.trim_end_matches('/');
    if !shorter.is_empty() && shorter != path {
        let message = format!(
            "`{path}` and `{shorter}` are different routes; write `\"{shorter}\"`, or `\"{shorter}/{{*rest}}\"` for what is below"
        );
        return text.error(path, message);
    }
    let mut names = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        check_segment(text, segment, segments.peek().is_none(), &mut names)?;
    }
    if path.starts_with("/{*") {
        return text.error(path, "the pattern opens every route; name the routes to open");
    }
    Ok(())
}

/// The characters of the path. The message for a wrong one depends on what its author most likely meant.
fn check_characters(text: Text<'_>, path: &str) -> Checked {
    let is_allowed = |character: char| is_literal_char(character) || matches!(character, '/' | '{' | '}' | '*');
    let Some(wrong) = first_that(path, |character| !is_allowed(character)) else { return Ok(()) };
    let (shown, whole) = (wrong.escape_debug(), "write `{name}` for the whole segment");
    let message = match wrong {
        "?" | "#" => {
            let before = path.split(['?', '#']).next().filter(|before| !before.is_empty());
            format!("a pattern matches only the path, not what follows `{shown}`; {}", write(before.unwrap_or("/")))
        }
        "^" | "$" | "(" | ")" | "|" | "[" | "]" | "\\" => format!(
            "a path has no `{shown}`, and a pattern is not a regular expression; write literal segments, `{{parameter}}` for one segment and a last `{{*rest}}` for what is below"
        ),
        "%" => format!("a pattern cannot contain percent-encoding, which servers decode differently; {whole}"),
        ";" => format!("a pattern cannot contain `;`, which begins a parameter that servers read differently; {whole}"),
        _ if wrong.contains(|character: char| character.is_whitespace() || character.is_control()) => {
            format!("a path has no white space and no control characters, such as `{shown}`; {whole}")
        }
        _ if !wrong.is_ascii() => {
            format!("a pattern cannot contain `{shown}`, which requests carry percent-encoded; {whole}")
        }
        _ => format!("a path cannot contain `{shown}`; {whole}"),
    };
    text.error(wrong, message)
}

fn check_segment<'p>(text: Text<'_>, segment: &'p str, is_last: bool, names: &mut Vec<&'p str>) -> Checked {
    if is_dot_segment(segment) {
        return text
            .error(segment, format!("the segment `{segment}` never reaches a route; write the path without it"));
    }
    if let Some(name) = segment.strip_prefix(':') {
        return text.error(segment, format!("`{segment}` is the syntax of axum 0.7; write `{{{name}}}`"));
    }
    if segment.contains(".*") || segment == ".+" {
        let message = format!(
            "`{segment}` is the syntax of regular expressions, which patterns do not have; write `{{name}}` for one segment, or a last `{{*rest}}` for what is below"
        );
        return text.error(segment, message);
    }
    if segment.contains(['{', '}']) {
        check_parameter(text, segment, is_last, names)
    } else {
        check_literal(text, segment)
    }
}

fn check_literal(text: Text<'_>, segment: &str) -> Checked {
    let message = match segment.strip_prefix('*') {
        Some("" | "*") => format!("`{segment}` is not a wildcard here; write `{{*rest}}`"),
        Some(name) if !name.contains('*') => format!("`{segment}` is the syntax of axum 0.7; write `{{*{name}}}`"),
        _ if segment.contains('*') => {
            format!("`{segment}` is not a wildcard here; write `{{name}}` for the whole segment")
        }
        _ => return Ok(()),
    };
    text.error(segment, message)
}

fn check_parameter<'p>(text: Text<'_>, segment: &'p str, is_last: bool, names: &mut Vec<&'p str>) -> Checked {
    let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
        let message = format!(
            "a parameter must be a whole segment, with one pair of braces; write `/{{name}}/` instead of `{segment}`"
        );
        return text.error(segment, message);
    };
    let (name, is_rest) = inner.strip_prefix('*').map_or((inner, false), |name| (name, true));
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !starts_well || !name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        let message = format!(
            "the name in `{segment}` must be a letter or `_`, then letters, digits and `_`; write `{{id}}` or `{{*rest}}`"
        );
        return text.error(segment, message);
    }
    if names.contains(&name) {
        return text.error(segment, format!("duplicate parameter `{name}`; rename one"));
    }
    names.push(name);
    if is_rest && !is_last {
        let message = format!("`{segment}` must be the last segment; write `{{{name}}}` for one segment");
        return text.error(segment, message);
    }
    Ok(())
}

fn without_empty_segments(path: &str) -> String {
    let mut squeezed = path.to_owned();
    while squeezed.contains("//") {
        squeezed = squeezed.replace("//", "/");
    }
    squeezed
}

#[cfg(test)]
#[path = "syntax_tests.rs"]
mod tests;
