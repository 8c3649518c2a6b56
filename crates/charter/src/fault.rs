//! Faults: everything that is wrong with a charter, where it is and what to do.
//!
//! A charter is read to its end whatever is wrong with it, so that one look shows all of its faults. They are ordered as
//! they stand in the file.

use crate::problem::Problem;
use std::{fmt, ops::Range};

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The line, from 1; 0 for a fault of the whole file (it cannot be read).
    pub line: usize,
    /// The column in characters, from 1; 0 for a fault of the whole file.
    pub column: usize,
    /// The bytes at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub problem: Problem,
    excerpt: String,
    lead: String,
    marked: usize,
}

/// Bytes of a line that are shown.
const EXCERPT_BYTES: usize = 160;

/// Faults that are listed; what is wrong beyond them is counted. A file with more is no charter.
pub(crate) const MOST_FAULTS: usize = 1_000;

impl Fault {
    /// A fault of the bytes `span` of `text`.
    pub(crate) fn at(text: &str, span: Range<usize>, problem: Problem) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor_boundary(text, span.end).clamp(start, line_end);
        // Of a long line only the surroundings of the fault are shown.
        let left = floor_boundary(text, start.saturating_sub(EXCERPT_BYTES / 2)).max(line_start);
        let left = if line_end - line_start <= EXCERPT_BYTES { line_start } else { left };
        let right = floor_boundary(text, left + EXCERPT_BYTES).min(line_end);
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            excerpt: text[left..right].trim_end().to_owned(),
            lead: text[left..start].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect(),
            marked: text[start..end.min(right.max(start))].trim_end().chars().count().max(1),
            span,
            problem,
        }
    }

    /// A fault of the whole file.
    pub(crate) fn of_file(problem: Problem) -> Self {
        Self { line: 0, column: 0, span: 0..0, problem, excerpt: String::new(), lead: String::new(), marked: 0 }
    }

    /// What is wrong, in words.
    pub fn cause(&self) -> String {
        self.problem.to_string()
    }

    /// What to do about it, in words.
    pub fn remedy(&self) -> String {
        self.problem.remedy()
    }
}

/// The greatest character boundary at or below `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// All faults of one file, in its order. Never empty.
///
/// `Display` gives, for each, the place, the cause, the line with the offending part marked, and the remedy.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// The file's name, as it was given.
    pub file: String,
    /// The faults.
    pub faults: Vec<Fault>,
    /// Faults beyond the first thousand, which are only counted.
    pub more: usize,
}

impl Faults {
    pub(crate) fn new(file: &str, mut faults: Vec<Fault>, more: usize) -> Self {
        faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
        faults.dedup();
        Self { file: file.to_owned(), faults, more }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            if fault.line == 0 {
                writeln!(f, "{}: {}", self.file, fault.problem)?;
                write!(f, "  remedy: {}", fault.remedy())?;
                continue;
            }
            let number = fault.line.to_string();
            let gutter = " ".repeat(number.len());
            writeln!(f, "{}:{}:{}: {}", self.file, fault.line, fault.column, fault.problem)?;
            writeln!(f, "  {number} | {}", fault.excerpt)?;
            writeln!(f, "  {gutter} | {}{}", fault.lead, "^".repeat(fault.marked))?;
            write!(f, "  {gutter} = remedy: {}", fault.remedy())?;
        }
        if self.more > 0 {
            write!(f, "\n\n… and {} more faults", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
