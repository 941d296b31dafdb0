//! Words for messages: lists, and the nearest known name to a misspelt one.

/// The known name that is most similar to the written one, if the difference is small enough for a typing mistake.
pub fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let (changes, name) = known.iter().map(|name| (distance(written, name), *name)).min()?;
    (changes <= (written.chars().count() / 3).max(1)).then_some(name)
}

/// "; did you mean `x`?" or, if no name is near, "; expected one of `a`, `b`".
pub fn suggestion(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; expected one of {}", list(known)),
    }
}

/// "`a`, `b`".
pub fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Levenshtein's distance: how many characters have to be inserted, removed or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, from) in a.chars().enumerate() {
        let mut next = vec![above.saturating_add(1)];
        for ((to, diagonal), up) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let replaced = diagonal.saturating_add(usize::from(from != *to));
            let left = next.last().copied().unwrap_or_default();
            next.push(replaced.min(up.saturating_add(1)).min(left.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_recognised() {
        let keys = ["kind", "token_url", "exclude", "header"];
        assert_eq!(nearest("tokn_url", &keys), Some("token_url"));
        assert_eq!(nearest("exlude", &keys), Some("exclude"));
        assert_eq!(nearest("kin", &keys), Some("kind"));
        assert_eq!(nearest("algorithm", &keys), None);
        for (a, b, changes) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("flaw", "lawn", 2), ("a", "a", 0)]
        {
            assert_eq!(distance(a, b), changes, "{a} {b}");
        }
    }
}
