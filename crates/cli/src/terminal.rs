//! Writing to stdout and stderr, with and without colours.

use crate::exit::Failure;
use serde::Serialize;
use std::{
    env, fmt,
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

/// Writes the result to stdout as one JSON document.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(document: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Failure::Output(error.into()))?;
    print(&format!("{text}\n"))
}

/// Writes a note to stderr. Where nobody can read it, nothing is lost.
pub(crate) fn tell(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(visible(text).as_bytes()).and_then(|()| err.flush());
}

/// The text with its control characters, except for line ends and tabs, replaced by visible ones.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            // Marks that reorder what is shown.
            c if c.is_control() => '\u{fffd}',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
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
    }

    #[test]
    fn emphasises_only_where_colours_are_wanted() {
        assert_eq!(Style::plain().strong("x"), "x");
        assert_eq!(Style { colours: true }.strong("x"), "\x1b[1mx\x1b[0m");
    }
}
