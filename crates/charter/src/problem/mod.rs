//! What can be wrong with a charter, as values: each problem carries the offender and the expectation, and knows its remedy.

mod chains;
mod powers;
mod seats;
mod votes;
mod words;

use std::{fmt, sync::Arc};

use ephor_rules::calendar::CalendarError;

pub use chains::ChainProblem;
pub use powers::PowerProblem;
pub use seats::SeatProblem;
pub(crate) use votes::FIRST_YEAR;
pub use votes::VoteProblem;

use words::{list, nearest};

/// A problem that another crate knows, of a file that is read as charters are.
pub trait Defect: fmt::Debug + fmt::Display + Send + Sync {
    /// What to do about it.
    fn remedy(&self) -> String;
}

/// A defect, whoever knows it. Two are equal that read equal.
#[derive(Clone, Debug)]
pub struct Foreign(pub Arc<dyn Defect>);

impl PartialEq for Foreign {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string() && self.0.remedy() == other.0.remedy()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A problem of a charter.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is no such file.
    #[error("there is no such file")]
    NoFile,
    /// The path names a directory.
    #[error("this is a directory, not a file")]
    Directory,
    /// The system refuses to read the file.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// The file is larger than any charter.
    #[error("the file has more than {most_bytes} bytes")]
    TooLarge {
        /// Bytes a file may have.
        most_bytes: u64,
    },
    /// The file is not text.
    #[error("the file is not UTF-8 text: byte {at} does not belong")]
    NotUtf8 {
        /// The first offending byte, from 0.
        at: usize,
    },
    /// The file is not TOML.
    #[error("this is not TOML: {message}")]
    Syntax {
        /// The parser's words.
        message: String,
    },
    /// A setting is missing.
    #[error("`{key}` is missing in {section}")]
    MissingKey {
        /// Where it is missing.
        section: String,
        /// What is missing.
        key: &'static str,
    },
    /// A setting is unknown.
    #[error("`{key}` is not a setting of {section}")]
    UnknownKey {
        /// Where it stands.
        section: String,
        /// What stands there.
        key: String,
        /// What may stand there.
        known: Vec<&'static str>,
    },
    /// A value is of another type.
    #[error("{found} where {expected} is expected")]
    WrongType {
        /// What is expected.
        expected: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// A number does not fit.
    #[error("{found} is not between {least} and {most}")]
    OutOfRange {
        /// The number, as written.
        found: String,
        /// The least that fits.
        least: u64,
        /// The most that fits.
        most: u64,
    },
    /// A text, or a list, says nothing.
    #[error("`{key}` is empty")]
    Empty {
        /// The setting.
        key: &'static str,
    },
    /// A period, a number of seats or the like is zero.
    #[error("`{key}` is zero")]
    Zero {
        /// The setting.
        key: &'static str,
    },
    /// A word is none of those that may stand here.
    #[error("\"{found}\" is not one of {}", list(choices))]
    NotAChoice {
        /// The word.
        found: String,
        /// The words that may stand here.
        choices: Vec<&'static str>,
    },
    /// A text is no address.
    #[error("\"{found}\" is not an address")]
    NotAnAddress {
        /// The text.
        found: String,
    },
    /// An address has a wrong checksum.
    #[error("the address {found} has a wrong checksum")]
    WrongChecksum {
        /// The address as written.
        found: String,
        /// The address with the checksum that belongs to its digits.
        expected: String,
    },
    /// The zero address, where somebody is meant.
    #[error("the zero address is nobody")]
    ZeroAddress,
    /// A text is no number of tokens.
    #[error("\"{found}\" is not a number of tokens")]
    NotTokens {
        /// The text.
        found: String,
    },
    /// A text is no date.
    #[error("\"{found}\" is not a date")]
    NotADate {
        /// The text.
        found: String,
    },
    /// A date that does not exist.
    #[error("this date does not exist: {0}")]
    ImpossibleDate(CalendarError),
    /// A problem that the reader of another kind of file knows.
    #[error("{0}")]
    Other(Foreign),
    /// A name is used twice.
    #[error("the {what} \"{name}\" exists already, on line {first_line}")]
    DuplicateName {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
        /// Where it was used first.
        first_line: usize,
    },
    /// A problem of the chains.
    #[error(transparent)]
    Chain(#[from] ChainProblem),
    /// A problem of seats, members or Safes.
    #[error(transparent)]
    Seat(#[from] SeatProblem),
    /// A problem of elections, votes or the token.
    #[error(transparent)]
    Vote(#[from] VoteProblem),
    /// A problem of timelocks, roles or contracts.
    #[error(transparent)]
    Power(#[from] PowerProblem),
}

impl Problem {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoFile => "check the path".into(),
            Self::Directory => "name the file in it".into(),
            Self::Unreadable(_) => "check the permissions of the file".into(),
            Self::TooLarge { .. } => {
                "check that this is the right file; the shipped ones have a few hundred lines".into()
            }
            Self::NotUtf8 { .. } => "save the file as UTF-8".into(),
            Self::Syntax { .. } => "correct the notation; see https://toml.io".into(),
            Self::MissingKey { key, .. } => format!("add `{key}`; the shipped files explain every setting"),
            Self::UnknownKey { key, known, .. } => match nearest(key, known) {
                Some(near) => format!("did you mean `{near}`? Otherwise remove it"),
                None => format!("remove it; the settings here are {}", list(known)),
            },
            Self::WrongType { expected, .. } => format!("write {expected}"),
            Self::OutOfRange { least, most, .. } => format!("write a number from {least} to {most}"),
            Self::Empty { key } => format!("fill in `{key}`"),
            Self::Zero { .. } => "write a number greater than zero".into(),
            Self::NotAChoice { found, choices } => match nearest(found, choices) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write one of {}", list(choices)),
            },
            Self::NotAnAddress { .. } => "write 0x and 40 hexadecimal digits, in quotes".into(),
            Self::WrongChecksum { expected, .. } => {
                format!("compare it with its source: a digit is wrong, or it should be written {expected}")
            }
            Self::ZeroAddress => "write the address that is meant".into(),
            Self::NotTokens { .. } => {
                "write whole tokens, for example 1_000_000 or \"0.5\", with at most 18 decimals".into()
            }
            Self::NotADate { .. } => "write it as 2023-09-15T12:00Z: a full hour in UTC, in quotes".into(),
            Self::ImpossibleDate(_) => "write a date of the calendar".into(),
            Self::Other(Foreign(defect)) => defect.remedy(),
            Self::DuplicateName { what, .. } => format!("give this {what} another name"),
            Self::Chain(problem) => problem.remedy(),
            Self::Seat(problem) => problem.remedy(),
            Self::Vote(problem) => problem.remedy(),
            Self::Power(problem) => problem.remedy(),
        }
    }
}
