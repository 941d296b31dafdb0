//! Folds user names, so that the spellings of one name are counted together.

use unicode_normalization::UnicodeNormalization;

/// Folds a user name, so that the throttle counts all spellings that are likely to be one user's as one name. It is the default of
/// [`Builder::fold_names`](crate::Builder::fold_names).
///
/// These differences disappear: composed and decomposed letters, and the other forms that Unicode calls compatible, such as
/// full-width letters and ligatures (NFKC); upper and lower case in every script; invisible characters, such as zero-width spaces,
/// joiners, soft hyphens, variation selectors and controls; and white space at both ends.
///
/// These differences stay: letters of different scripts that look alike; accents; white space and punctuation within the name; and
/// what only your mail provider ignores, such as a `+tag`.
///
/// ```
/// use jwt_auth::passwords::fold_name;
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

/// Whether a character is a control, is ignored when text is shown (`Default_Ignorable_Code_Point` in Unicode), or is an
/// interlinear annotation. White space is not invisible.
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

#[cfg(test)]
mod tests {
    use crate::passwords::throttle::fold::fold_name;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        let spellings = [
            ("alice", "Alice ALICE aLiCe"),
            ("josé", "jose\u{301} JOSÉ JOSE\u{301} Jose\u{301}"),
            ("alice", "ａｌｉｃｅ ＡＬＩＣＥ 𝐚𝐥𝐢𝐜𝐞 𝓐lice ⓐlice"),
            (
                "alice",
                "al\u{200b}ice al\u{200c}ice al\u{200d}ice \u{feff}alice ali\u{2060}ce al\u{ad}ice alice\u{fe0f}",
            ),
            ("alice", "\u{202e}alice alice\u{0} al\u{e0061}ice ali\u{34f}ce \u{180e}alice"),
            ("straße", "STRASSE strasse Straße STRAẞE"),
            ("σίσυφος", "ΣΊΣΥΦΟΣ σίσυφοσ Σίσυφος"),
            ("ffi", "ﬃ FFI ﬀi"),
            ("123", "１２３ ①②③ ¹²³"),
        ];
        for (name, others) in spellings {
            for other in others.split(' ') {
                assert_eq!(fold_name(other), fold_name(name), "{other:?}");
                assert_eq!(fold_name(&fold_name(other)), fold_name(other), "{other:?} folds in one step");
            }
        }
        for spaced in [" alice", "alice ", "\talice\r\n", "\u{a0}alice\u{3000}", "\u{200b} alice \u{200b}"] {
            assert_eq!(fold_name(spaced), "alice", "{spaced:?}");
        }
        for other in ["alice2", "al ice", "àlice", "аlice", "alice+x", "alice.", ""] {
            assert_ne!(fold_name(other), "alice", "{other:?}");
        }
    }
}
