//! Writing to stdout and stderr, with and without colours.

use crate::exit::Failure;
use ephor_explain::text::misleads;
use serde::Serialize;
use std::{
    env,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
};

/// Writes the result to stdout. A reader that has left is no fault.
///
/// # Errors
/// Where it cannot be written for another reason.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Writes the result to stdout as one JSON document, in which characters that a terminal would obey are escaped.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Failure::Output(error.into()))?;
    print(&format!("{}\n", escaped(&text)))
}

/// JSON whose texts hold no characters that mislead, but the escapes that stand for them.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && misleads(c) {
            // Outside of texts there are line ends and what can be seen, so this stands within one.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(text, "\\u{unit:04x}"));
        } else {
            text.push(c);
        }
    }
    text
}

/// Writes a note to stderr. Where nobody can read it, nothing is lost.
pub(crate) fn tell(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(visible(text).as_bytes()).and_then(|()| err.flush());
}

/// The text with its control characters, except for line ends and tabs, and those that reorder text or are not seen replaced by visible
/// ones.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            // The last says how an emoji looks.
            '\n' | '\t' | '\u{fe0f}' => c,
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            c if misleads(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Whether, and how, text on stdout is emphasised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    /// As stdout and the environment allow: a terminal, no `NO_COLOR`, no `TERM=dumb`.
    pub(crate) fn of_stdout() -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { colours: io::stdout().is_terminal() && !refused && !dumb }
    }

    /// Without any emphasis.
    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self { colours: false }
    }

    /// With emphasis.
    #[cfg(test)]
    pub(crate) const fn coloured() -> Self {
        Self { colours: true }
    }

    /// What stands out.
    pub(crate) fn strong(self, text: impl fmt::Display) -> String {
        self.wrap("1", text)
    }

    /// What stands back.
    pub(crate) fn faint(self, text: impl fmt::Display) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: impl fmt::Display) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_control_characters_instead_of_obeying_them() {
        assert_eq!(visible("a\x1b[31mb\tc\nd\u{9b}\u{202e}\u{7f}"), "a␛[31mb\tc\nd\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(visible("a\u{200e}\u{2028}\u{feff}\u{e0041}é"), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}é");
    }

    #[test]
    fn escapes_in_json_what_a_terminal_would_obey() {
        let document = serde_json::json!({ "a\u{202e}": ["\u{9b}31m", "\u{7f}", "\u{e0041}", "é\n"] });
        let text = escaped(&serde_json::to_string_pretty(&document).expect("JSON"));
        assert!(text.contains("\\u202e") && text.contains("\\u009b31m") && text.contains("\\udb40\\udc41"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && misleads(c)) && text.contains('é'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), document);
    }

    #[test]
    fn emphasises_only_where_colours_are_wanted() {
        assert_eq!(Style::plain().strong("x"), "x");
        assert_eq!(Style { colours: true }.strong("x"), "\x1b[1mx\x1b[0m");
    }
}
