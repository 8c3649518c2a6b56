//! Reading a file whole and checking it whole, for charters and for other files of the same notation.
//!
//! A reader takes the document as a [`Section`] and reports what is wrong on the way; problems of its own it reports as
//! [`Problem::Other`]. The outcome is its value, or every fault of the file.

use std::{fs::File, io::Read, path::Path, sync::Arc};

use toml::de::DeTable;

pub use crate::{
    document::{Section, Setting, Sited, Source, Tokens, UNITS_PER_TOKEN, address, choice, wrong},
    problem::{Defect, Foreign},
};
use crate::{
    fault::{Fault, Faults},
    problem::Problem,
};

/// Bytes a file may have.
pub const MOST_BYTES: u64 = 1024 * 1024;

/// A problem that only another kind of file has.
#[must_use]
pub fn other(defect: impl Defect + 'static) -> Problem {
    Problem::Other(Foreign(Arc::new(defect)))
}

/// Reads and checks a file; `what` it is, for the faults.
///
/// # Errors
/// Every fault of the file, or why it cannot be read: it is missing, a directory, larger than [`MOST_BYTES`], or no UTF-8 text.
pub fn load<T>(path: &Path, what: &str, read: impl FnOnce(Section<'_>) -> Option<T>) -> Result<T, Faults> {
    let name = path.display().to_string();
    match read_text(path) {
        Ok(text) => parse(&name, what, &text, read),
        Err(problem) => Err(Faults::new(&name, vec![Fault::of_file(problem)], 0)),
    }
}

/// Checks a text; `name` is the file's, for the faults.
///
/// # Errors
/// Every fault of the text.
pub fn parse<T>(name: &str, what: &str, text: &str, read: impl FnOnce(Section<'_>) -> Option<T>) -> Result<T, Faults> {
    let (table, syntax) = DeTable::parse_recoverable(text);
    let source = Source::new(text);
    if !syntax.is_empty() {
        // What stands where the notation is broken is a guess, so nothing else is said about it.
        for error in syntax {
            let span = error.span().unwrap_or(0..0);
            source.report(span, Problem::Syntax { message: error.message().to_owned() });
        }
        let (faults, more) = source.into_faults();
        return Err(Faults::new(name, faults, more));
    }
    let value = read(Section::document(&source, what, table.get_ref()));
    match (value, source.into_faults()) {
        (Some(value), (faults, _)) if faults.is_empty() => Ok(value),
        (_, (faults, more)) => Err(Faults::new(name, faults, more)),
    }
}

/// The text of a file of bounded size.
fn read_text(path: &Path) -> Result<String, Problem> {
    let problem = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Problem::NoFile,
        std::io::ErrorKind::IsADirectory => Problem::Directory,
        kind => Problem::Unreadable(kind),
    };
    if path.is_dir() {
        return Err(Problem::Directory);
    }
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know; the length a file states about itself need not be true.
    File::open(path).map_err(problem)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Problem::TooLarge { most_bytes: MOST_BYTES });
    }
    String::from_utf8(bytes).map_err(|error| Problem::NotUtf8 { at: error.utf8_error().valid_up_to() })
}
