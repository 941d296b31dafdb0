//! Exclude patterns: `[METHOD|METHOD ]/segment/{parameter}/{*rest}`, axum 0.8 path syntax, anchored. Uses nothing of
//! the compiler, so that a fuzzer can run it.

use std::fmt;

use crate::words::suggestion;

/// The methods that a prefix may name.
pub(crate) const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// A pattern that is sound. No methods means all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    pub(crate) methods: Vec<String>,
    pub(crate) path: String,
}

/// A segment of a sound pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'p> {
    Literal(&'p str),
    Parameter,
    Rest,
}

impl PathPattern {
    /// # Errors
    ///
    /// What is wrong and what to write instead, as one line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the pattern is empty; write `\"/\"` for the root route".into());
        }
        if text.trim() != text {
            return Err(format!("the pattern begins or ends with white space; {}", write(text.trim())));
        }
        if let Some(meant) = misjoined(text) {
            return Err(format!("methods are joined by `|`, with one space before the path; write `\"{meant}\"`"));
        }
        let (methods, path) = match text.split_once(char::is_whitespace) {
            Some((methods, path)) if !methods.contains('/') => (parse_methods(methods)?, path),
            _ if METHODS.contains(&text) => {
                return Err(format!("the pattern has a method and no path; write `\"{text} /\"` for the root route"));
            }
            _ => (Vec::new(), text),
        };
        let pattern = Self { methods, path: path.to_owned() };
        check_path(&pattern.path)?;
        Ok(pattern)
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.path.split('/').skip(1).map(|segment| match segment.strip_prefix('{') {
            Some(name) if name.starts_with('*') => Segment::Rest,
            Some(_) => Segment::Parameter,
            None => Segment::Literal(segment),
        })
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

/// Methods and a path with something else between them than what belongs there.
fn misjoined(text: &str) -> Option<String> {
    let (head, path) = text.split_at(text.find('/')?);
    let between = |character: char| character.is_whitespace() || "|,".contains(character);
    let methods: Vec<&str> = head.split(between).filter(|method| !method.is_empty()).collect();
    let meant = format!("{} {path}", methods.join("|"));
    let is_meant = !methods.is_empty() && methods.iter().all(|method| METHODS.contains(method)) && !head.contains("||");
    (is_meant && meant != text && !head.starts_with('|') && !head.trim_end().ends_with('|')).then_some(meant)
}

/// What to write, if that is sound.
fn write(text: &str) -> String {
    match PathPattern::parse(text) {
        Ok(_) => format!("write `\"{text}\"`"),
        Err(_) => "write the route as axum has it, such as `\"/items/{id}\"`".into(),
    }
}

fn parse_methods(text: &str) -> Result<Vec<String>, String> {
    let mut methods: Vec<String> = Vec::new();
    for method in text.split('|') {
        let upper = method.to_ascii_uppercase();
        if method.is_empty() {
            return Err("a method is missing beside `|`; write `\"GET|POST /both\"`".into());
        }
        if !METHODS.contains(&upper.as_str()) {
            if matches!(upper.as_str(), "ANY" | "ALL" | "*") {
                return Err(format!("unknown method `{method}`; leave the methods out for all of them"));
            }
            return Err(format!("unknown method `{method}`{}", suggestion(&upper, METHODS)));
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
    if let Some((_, rest)) = path.split_once("://") {
        let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
        return Err(format!("a pattern is a path, without scheme and host; {}", write(path)));
    }
    check_characters(path)?;
    if !path.starts_with('/') {
        return Err(format!("the path must start with `/`; {}", write(&format!("/{path}"))));
    }
    if path.contains("//") {
        return Err(format!("the path has an empty segment; {}", write(&squeezed(path))));
    }
    let mut names = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        if segment.is_empty() && segments.len() > 1 {
            let shorter = path.trim_end_matches('/');
            return Err(format!(
                "`{path}` is another route than `{shorter}`; write `\"{shorter}\"`, or `\"{shorter}/{{*rest}}\"` for what is below"
            ));
        }
        check_segment(segment, is_last, &mut names)?;
    }
    if segments.len() == 1 && segments.iter().all(|segment| segment.starts_with("{*")) {
        return Err("the pattern opens every route; name the routes to open".into());
    }
    Ok(())
}

/// What may stand in a literal segment, and what the others were most likely meant to do.
fn check_characters(path: &str) -> Result<(), String> {
    let whole = "write `{name}` for the whole segment";
    for (at, character) in path.char_indices() {
        let shown = character.escape_debug();
        return Err(match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '/' | '{' | '}' | '*' => continue,
            '-' | '.' | '_' | '~' | '!' | '&' | '\'' | '+' | ',' | '=' | ':' | '@' => continue,
            '?' | '#' => {
                format!("no pattern sees what stands behind `{shown}`; {}", write(slashed(&path[..at])))
            }
            '^' | '$' | '(' | ')' | '|' | '[' | ']' | '\\' => format!(
                "`{shown}` is no path, and a pattern is no regular expression; write literal segments, `{{parameter}}` for one segment and a last `{{*rest}}` for what is below"
            ),
            '%' => format!("a pattern is not percent-encoded, since servers decode it differently; {whole}"),
            ';' => format!("`;` begins a parameter that servers read differently; {whole}"),
            _ if character.is_whitespace() || character.is_control() => {
                format!("white space and control characters reach no route, as in `{shown}`; {whole}")
            }
            _ if !character.is_ascii() => {
                format!("`{shown}` is not ASCII, and requests carry it percent-encoded; {whole}")
            }
            _ => format!("`{shown}` cannot stand in a path; {whole}"),
        });
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
    if segment.contains(".*") || segment == ".+" {
        return Err(format!(
            "`{segment}` is a regular expression, which a pattern is not; write `{{name}}` for one segment, or a last `{{*rest}}` for what is below"
        ));
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

fn slashed(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

fn squeezed(path: &str) -> String {
    let mut squeezed = path.to_owned();
    while squeezed.contains("//") {
        squeezed = squeezed.replace("//", "/");
    }
    squeezed
}

#[cfg(test)]
mod tests;
