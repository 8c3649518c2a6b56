//! The few regular expressions that the SDK's crates and the benchmark runner match names with.
//!
//! The SDK's core lists the whole regular expression crate to recognise names like `uint256`. That brings the standard library into
//! every contract, and with it a handler of panics that formats and prints: an eighth of a contract's size, for what no chain shows.
//!
//! Known: `^` in front, `$` at the end, `\d+`, `[0-9a-z]+`, one `(…)` around either of these, and letters, digits, `_`, `-`, `/` and
//! spaces, which mean themselves. Everything else is refused, so that no pattern is taken for another.

#![no_std]

extern crate alloc;

use alloc::{string::String, vec::Vec};
use core::{
    fmt,
    ops::{Index, Range},
};

/// A pattern that is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is beyond what vendor/regex knows", self.0)
    }
}

impl core::error::Error for Error {}

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// A character that means itself.
    One(char),
    /// One digit or more; captured where it stands in parentheses.
    Digits { captured: bool },
    /// One lower-case letter or digit, or more; captured where it stands in parentheses.
    Lower { captured: bool },
}

/// A pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    at_start: bool,
    at_end: bool,
    pieces: Vec<Piece>,
}

/// Where a pattern matched: the whole, and what stands in parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captures<'t> {
    text: &'t str,
    places: Vec<Range<usize>>,
}

impl Index<usize> for Captures<'_> {
    type Output = str;

    fn index(&self, group: usize) -> &str {
        &self.text[self.places[group].clone()]
    }
}

impl Regex {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`Error`] for all but the few patterns known here.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        let rest = pattern.strip_prefix('^');
        let at_start = rest.is_some();
        let rest = rest.unwrap_or(pattern);
        let body = rest.strip_suffix('$');
        let at_end = body.is_some();
        let mut rest = body.unwrap_or(rest);
        let mut pieces = Vec::new();
        const RUNS: [(&str, Piece); 4] = [
            ("(\\d+)", Piece::Digits { captured: true }),
            ("\\d+", Piece::Digits { captured: false }),
            ("([0-9a-z]+)", Piece::Lower { captured: true }),
            ("[0-9a-z]+", Piece::Lower { captured: false }),
        ];
        while let Some(first) = rest.chars().next() {
            if let Some((after, run)) = RUNS.iter().find_map(|(text, run)| Some((rest.strip_prefix(text)?, *run))) {
                pieces.push(run);
                rest = after;
            } else if first.is_alphanumeric() || "_-/ ".contains(first) {
                pieces.push(Piece::One(first));
                rest = &rest[first.len_utf8()..];
            } else {
                return Err(Error(pattern.into()));
            }
        }
        Ok(Self { at_start, at_end, pieces })
    }

    /// Whether the pattern matches anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.captures(text).is_some()
    }

    /// The first match in the text.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts.take_while(|at| *at == 0 || !self.at_start).find_map(|at| {
            let mut places: Vec<Range<usize>> = core::iter::once(at..at).collect();
            let end = self.run(&self.pieces, text, at, &mut places)?;
            places[0] = at..end;
            Some(Captures { text, places })
        })
    }

    /// Where the match of these pieces ends that starts at a place; runs take as much as they can.
    fn run(&self, pieces: &[Piece], text: &str, at: usize, places: &mut Vec<Range<usize>>) -> Option<usize> {
        let Some((piece, rest)) = pieces.split_first() else {
            return (!self.at_end || at == text.len()).then_some(at);
        };
        let tail = &text[at..];
        let (length, captured) = match piece {
            Piece::One(char) => {
                return tail.starts_with(*char).then(|| self.run(rest, text, at + char.len_utf8(), places))?;
            }
            Piece::Digits { captured } => (tail.bytes().take_while(u8::is_ascii_digit).count(), *captured),
            Piece::Lower { captured } => {
                let belongs = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
                (tail.bytes().take_while(belongs).count(), *captured)
            }
        };
        let known = places.len();
        (1..=length).rev().find_map(|length| {
            places.truncate(known);
            if captured {
                places.push(at..at + length);
            }
            self.run(rest, text, at + length, places)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: Option<&[&str]>) {
        let regex = Regex::new(pattern).unwrap();
        let found = regex.captures(text);
        let groups = found.as_ref().map(|found| (0..found.places.len()).map(|group| &found[group]).collect::<Vec<_>>());
        assert_eq!(groups.as_deref(), expected, "{pattern} in {text}");
        assert_eq!(regex.is_match(text), expected.is_some());
    }

    #[test]
    fn knows_the_names_of_numbers() {
        check(r"^uint(\d+)$", "uint256", Some(&["uint256", "256"]));
        check(r"^uint(\d+)$", "uint", None);
        check(r"^uint(\d+)$", "uint8x", None);
        check(r"^uint(\d+)$", "a uint8", None);
        check("^[0-9a-z]+$", "bytes32", Some(&["bytes32"]));
        check("^[0-9a-z]+$", "Bytes32", None);
    }

    #[test]
    fn looks_everywhere_without_anchors() {
        check("term", "a term/100", Some(&["term"]));
        check("term", "ter", None);
        check(r"m/(\d+)", "a term/100", Some(&["m/100", "100"]));
        check(r"(\d+)7$", "1377", Some(&["1377", "137"]));
        check("", "anything", Some(&[""]));
        check("$", "é", Some(&[""]));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for pattern in ["a.b", "a|b", "[a-z]+", r"\w", "a+", "(a)", "^a$b"] {
            assert_eq!(Regex::new(pattern).unwrap_err(), Error(pattern.into()));
        }
    }
}
