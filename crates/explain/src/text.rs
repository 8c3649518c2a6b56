//! Names that show what they are: characters that mislead, names that look like something else.
//!
//! Names come from files of others and stand beside addresses that people compare. A line end would begin a line of its own, a mark that
//! reorders text would swap two values, a letter of another alphabet would make two names look the same, and a name that is an address
//! would be taken for one.

use std::borrow::Cow;

/// Whether a character moves, hides or reorders what is shown, or is not seen at all.
#[must_use]
pub const fn misleads(c: char) -> bool {
    c.is_ascii_control()
        || matches!(
            c,
            '\u{80}'..='\u{9f}'
                | '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text with a visible mark for each character that misleads, in one line.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(misleads) { text.replace(misleads, "\u{fffd}").into() } else { text.into() }
}

/// Whether a name looks like something that it is not: it holds characters that mislead, something like an address, or a word in which
/// Latin letters stand beside those of an alphabet that has twins of them.
#[must_use]
pub fn is_disguised(name: &str) -> bool {
    name.contains(misleads) || holds_address(name) || name.split(|c: char| !c.is_alphanumeric()).any(mixes_alphabets)
}

/// Whether there is `0x` with as many digits behind it as people look at.
fn holds_address(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower
        .match_indices("0x")
        .any(|(at, _)| lower.as_bytes()[at + 2..].iter().take_while(|digit| digit.is_ascii_hexdigit()).count() >= 6)
}

fn mixes_alphabets(word: &str) -> bool {
    let twin = |c: char| {
        matches!(
            c,
            '\u{370}'..='\u{58f}'
                | '\u{13a0}'..='\u{13ff}'
                | '\u{1c80}'..='\u{1c8f}'
                | '\u{1d00}'..='\u{1d7f}'
                | '\u{1f00}'..='\u{1fff}'
                | '\u{2100}'..='\u{218f}'
                | '\u{2c80}'..='\u{2cff}'
                | '\u{2de0}'..='\u{2dff}'
                | '\u{a640}'..='\u{a69f}'
                | '\u{ab70}'..='\u{abbf}'
                | '\u{ff10}'..='\u{ff5a}'
                | '\u{1d400}'..='\u{1d7ff}'
        )
    };
    let latin = |c: char| c.is_ascii_alphanumeric() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    word.contains(twin) && word.contains(latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, disguised: bool) {
        assert_eq!(is_disguised(name), disguised, "{name:?}");
    }

    #[test]
    fn tells_names_from_disguises() {
        for name in
            ["Council", "Rat für Sicherheit", "Foundation 2 of 3", "Совет", "Συμβούλιο", "安全理事会", "0xMember"]
        {
            check(name, false);
        }
        for name in [
            "Council\nEverything fits.",
            "a\u{202e}b",
            "a\u{2028}b",
            "Coun\u{200b}cil",
            "Coun\u{ad}cil",
            "\u{feff}Council",
            "\u{e0041}x",
            "\u{3164}",
            "C\u{43e}uncil",
            "\u{ff23}ouncil",
            "0x3ffFbAdAF827559da092217e474760E2b2c3CeDd",
            "Council (0x3ffFbA…)",
        ] {
            check(name, true);
        }
    }

    #[test]
    fn shows_what_misleads_in_one_line() {
        assert_eq!(one_line("a\r\nb\u{9b}\u{200e}c"), "a\u{fffd}\u{fffd}b\u{fffd}\u{fffd}c");
        assert!(matches!(one_line("plain"), Cow::Borrowed("plain")));
    }
}
