//! Words for messages: lists, and what a slip was most likely meant to be.

/// The nearest of `known` to what was written, if it is near enough to be a slip.
pub(crate) fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|name| (distance(written, name), *name)).min()?;
    (near.0 <= (written.chars().count() / 3).max(1)).then_some(near.1)
}

/// "; did you mean `x`?" or, with nothing near, "; expected one of `a`, `b`".
pub(crate) fn suggestion(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; expected one of {}", list(known)),
    }
}

pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Levenshtein's.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            let nearest = changed.min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], nearest);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let keys = ["kind", "token_url", "exclude", "header"];
        assert_eq!(nearest("tokn_url", &keys), Some("token_url"));
        assert_eq!(nearest("exlude", &keys), Some("exclude"));
        assert_eq!(nearest("kin", &keys), Some("kind"));
        assert_eq!(nearest("algorithm", &keys), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
