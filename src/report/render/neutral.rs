//! Names that an attacker may have chosen, made harmless for a terminal.

use std::borrow::Cow;

/// The text with every control character (escape sequences, line breaks, bidirectional marks)
/// replaced, so that a name can neither move the cursor nor fake a line.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_dangerous) {
        text.chars()
            .map(|character| {
                if is_dangerous(character) {
                    '\u{FFFD}'
                } else {
                    character
                }
            })
            .collect::<String>()
            .into()
    } else {
        text.into()
    }
}

fn is_dangerous(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_line_breaks_lose_their_power() {
        let hostile = "a\u{1b}[2J\nb\u{202e}c";
        let shown = for_terminal(hostile);
        assert!(!shown.contains(['\u{1b}', '\n', '\u{202e}']), "{shown:?}");
        assert_eq!(for_terminal("payments/api"), "payments/api");
    }
}
