//! What is one name.

use unicode_normalization::UnicodeNormalization;

/// Folds the spellings of a name that are likely to be one user's, so that the throttle counts them as one. What
/// [`Builder::fold_names`](crate::Builder::fold_names) uses by default.
///
/// Folded are: composed and decomposed letters and the other forms that Unicode calls compatible, such as full-width
/// letters and ligatures (NFKC); upper and lower case of every script; characters that are not visible, such as zero-width
/// spaces, joiners, soft hyphens, variation selectors and controls; and white space at both ends.
///
/// Not folded are: letters of different scripts that look alike, accents, white space and punctuation within the name, and what only
/// your mail provider ignores, such as a `+tag`.
///
/// ```
/// use jwt_auth::fold_name;
/// assert_eq!(fold_name(" ＡＬＩＣＥ\u{200b} "), "alice");
/// assert_ne!(fold_name("alice+tag"), "alice");
/// ```
#[must_use]
pub fn fold_name(name: &str) -> String {
    let visible = name.nfkc().filter(|character| !is_invisible(*character));
    // In three steps: some letters, such as `ß` and `ẞ`, or `σ` and `ς`, have the same upper case but not the same lower case.
    let lower = visible.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let folded: String = lower.nfkc().filter(|character| !is_invisible(*character)).collect();
    folded.trim().to_owned()
}

/// Controls, and what Unicode lists as ignorable when it is shown (`Default_Ignorable_Code_Point`), with interlinear
/// annotations. White space stays.
fn is_invisible(character: char) -> bool {
    if character.is_control() {
        return !character.is_whitespace();
    }
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
