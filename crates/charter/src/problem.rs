//! What can be wrong with a charter, as values: each problem carries the offender and the expectation, and knows its remedy.

use alloy_primitives::{Address, U256};
use ephor_rules::{calendar::CalendarError, threshold::ThresholdError};
use std::{fmt, sync::Arc};

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
    // Of the file.
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

    // Of the notation.
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

    // Of other files.
    /// A problem that the reader of another kind of file knows.
    #[error("{0}")]
    Other(Foreign),

    // Of chains.
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
    /// A chain id is used twice.
    #[error("the chain id {id} belongs to {chain} already")]
    DuplicateChainId {
        /// The id.
        id: u64,
        /// The chain that has it.
        chain: String,
    },
    /// A rehearsal chain would have the id of a live chain, so that signatures would be valid on both.
    #[error("the rehearsal id {id} is the live id of {chain}")]
    RehearsalIdIsLive {
        /// The id.
        id: u64,
        /// The live chain.
        chain: String,
    },
    /// A chain that is not in the charter.
    #[error("there is no chain \"{name}\" in this charter")]
    UnknownChain {
        /// The name.
        name: String,
        /// The chains there are.
        known: Vec<String>,
    },
    /// No chain is the governance chain.
    #[error("no chain is the governance chain")]
    NoGovernanceChain,
    /// Two chains are the governance chain.
    #[error("{chain} is the governance chain already")]
    TwoGovernanceChains {
        /// The first of them.
        chain: String,
    },
    /// A chain of this kind stands on a parent.
    #[error("the chain {chain} has no parent, but its kind needs one")]
    NeedsParent {
        /// The chain.
        chain: String,
    },
    /// A chain of this kind has no parent.
    #[error("the chain {chain} has the parent \"{parent}\", but its kind has none")]
    NoParentAllowed {
        /// The chain.
        chain: String,
        /// Its parent.
        parent: String,
    },
    /// A chain cannot be reached from the governance chain.
    #[error("there is no route from the governance chain {from} to {to}")]
    NoRoute {
        /// The governance chain.
        from: String,
        /// The chain that cannot be reached.
        to: String,
    },

    // Of seats and members.
    /// The contracts know two cohorts.
    #[error("{found} cohorts, but the contracts know exactly {expected}")]
    CohortCount {
        /// Cohorts of the charter.
        found: usize,
        /// Cohorts of the contracts.
        expected: usize,
    },
    /// A cohort has more members than seats.
    #[error("the cohort \"{cohort}\" has {members} members for {seats} seats")]
    TooManyMembers {
        /// The cohort.
        cohort: String,
        /// Its members.
        members: usize,
        /// Its seats.
        seats: usize,
    },
    /// Somebody sits twice.
    #[error("{member} sits already, in the cohort \"{cohort}\"")]
    DuplicateMember {
        /// The member.
        member: Address,
        /// Where they sit.
        cohort: String,
    },
    /// An organisation holds more seats than it may.
    #[error("\"{organisation}\" holds {seats} seats, and {most} are allowed")]
    OrganisationAboveCap {
        /// The organisation.
        organisation: String,
        /// Seats it holds.
        seats: usize,
        /// Seats it may hold.
        most: usize,
    },
    /// The cap of an organisation exceeds the seats.
    #[error("an organisation may hold {most} seats, but there are only {seats}")]
    CapAboveSeats {
        /// Seats an organisation may hold.
        most: usize,
        /// Seats there are.
        seats: usize,
    },
    /// A signature threshold is not sound.
    #[error("the Safe \"{safe}\": {error}")]
    SafeThreshold {
        /// The Safe.
        safe: String,
        /// What is not sound.
        error: ThresholdError,
    },
    /// Two Safes on one chain have one address.
    #[error("the address {address} belongs to the Safe \"{safe}\" on this chain already")]
    DuplicateSafeAddress {
        /// The address.
        address: Address,
        /// The first Safe.
        safe: String,
    },

    // Of elections and votes.
    /// Votes have their full weight for longer than they can be cast.
    #[error("votes have full weight for {full_weight_blocks} blocks, but voting lasts {voting_blocks}")]
    FullWeightTooLong {
        /// Blocks of full weight.
        full_weight_blocks: u64,
        /// Blocks of voting.
        voting_blocks: u64,
    },
    /// An election is not over when the next one starts.
    #[error("an election takes {term_days} days, but the next one starts after {interval_days}")]
    Overlap {
        /// Days from the creation of an election to the end of its last vote.
        term_days: u64,
        /// The fewest days between two elections.
        interval_days: u64,
    },
    /// A fraction is not sound.
    #[error("{0}")]
    Fraction(ThresholdError),
    /// A fraction cannot be expressed in ten-thousandths, as the contracts count.
    #[error("{numerator} / {denominator} is not a whole number of ten-thousandths")]
    NotInTenThousandths {
        /// Above the line.
        numerator: u64,
        /// Below the line.
        denominator: u64,
    },
    /// More nominees can reach the threshold than there may be.
    #[error("{possible} contenders can reach the threshold, but at most {most} nominees are allowed")]
    TooManyNominees {
        /// Nominees there can be.
        possible: u64,
        /// Nominees there may be.
        most: u64,
    },
    /// The contract refuses to be initialised with a threshold that so many can reach.
    #[error("{possible} contenders could reach this threshold, and the contract is initialised for {most} at most")]
    InitialThreshold {
        /// Nominees there could be.
        possible: u64,
        /// Nominees the contract is initialised for.
        most: u64,
    },
    /// Fewer nominees are possible than seats.
    #[error("at most {most} nominees cannot fill {seats} seats")]
    TooFewNominees {
        /// Nominees there can be.
        most: u64,
        /// Seats to fill.
        seats: usize,
    },
    /// A block of vetting lies after its end.
    #[error("{blocks} blocks exceed the vetting of {vetting_blocks}")]
    BeyondVetting {
        /// The blocks.
        blocks: u64,
        /// Blocks of vetting.
        vetting_blocks: u64,
    },
    /// Votes would be held out under an address that the contracts do not hold out.
    #[error("votes delegated to {found} would count: the contracts hold out those of {known}, and no others")]
    ExcludeAddress {
        /// The address.
        found: Address,
        /// The one in the contracts.
        known: Address,
    },
    /// More tokens are given out, or asked for, than there are.
    #[error("{tokens} tokens exceed the supply of {supply}")]
    AboveSupply {
        /// The tokens, whole.
        tokens: U256,
        /// The supply, whole.
        supply: U256,
    },

    // Of powers.
    /// A timelock is missing, or is one too many.
    #[error("`timelocks.l1` is missing, but the governance chain {chain} has a parent")]
    MissingL1Timelock {
        /// The governance chain.
        chain: String,
    },
    /// A timelock is one too many.
    #[error("`timelocks.l1` is set, but the governance chain {chain} has no parent")]
    NeedlessL1Timelock {
        /// The governance chain.
        chain: String,
    },
    /// Nobody of that name can hold a role.
    #[error("\"{found}\" is neither a contract, nor a Safe of this charter, nor an address")]
    UnknownHolder {
        /// The name.
        found: String,
        /// The Safes of the charter.
        safes: Vec<String>,
    },
    /// The contract has no such role.
    #[error("{part} has no role {role}")]
    NoSuchRole {
        /// The contract.
        part: &'static str,
        /// The role.
        role: &'static str,
        /// The roles it has.
        roles: Vec<&'static str>,
    },
    /// A role that must be held is held by nobody.
    #[error("nobody holds the role {role} on {part}")]
    RoleWithoutHolder {
        /// The contract.
        part: &'static str,
        /// The role.
        role: &'static str,
    },
}

impl Problem {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Other(Foreign(defect)) => defect.remedy(),
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
            Self::DuplicateName { what, .. } => format!("give this {what} another name"),
            Self::DuplicateChainId { .. } => "give every chain ids of its own".into(),
            Self::RehearsalIdIsLive { .. } => {
                "choose an id that no live chain has: a signature of a rehearsal must not be valid on a live chain"
                    .into()
            }
            Self::UnknownChain { known, .. } => match known.as_slice() {
                [] => "add it to [[chains]]".into(),
                known => format!("add it to [[chains]], or write one of {}", list(known)),
            },
            Self::NoGovernanceChain => "write `governance = true` at the chain on which elections are held".into(),
            Self::TwoGovernanceChains { .. } => "remove `governance` from one of them".into(),
            Self::NeedsParent { .. } => "write `parent` and a [chains.bridge], or another `kind`".into(),
            Self::NoParentAllowed { .. } => "remove `parent`, or write another `kind`".into(),
            Self::NoRoute { .. } => {
                "connect both by `parent`: updates go up to the L1 chain and down to its direct children".into()
            }
            Self::CohortCount { expected, .. } => format!("write {expected} [[council.cohorts]]"),
            Self::TooManyMembers { .. } => "remove members, or raise `seats_per_cohort`".into(),
            Self::DuplicateMember { .. } => "let everybody sit once".into(),
            Self::OrganisationAboveCap { .. } => "remove members, or raise `seats_per_organisation`".into(),
            Self::CapAboveSeats { seats, .. } => format!("write at most {seats}"),
            Self::SafeThreshold { error, .. } => match error {
                ThresholdError::AboveSeats { seats, .. } => format!("write at most {seats}"),
                ThresholdError::NoMajority { seats, .. } => format!("write at least {}", seats / 2 + 1),
                _ => "write a threshold between the majority and all of the seats".into(),
            },
            Self::DuplicateSafeAddress { .. } => "write the address of the other Safe".into(),
            Self::FullWeightTooLong { voting_blocks, .. } => format!("write at most {voting_blocks}"),
            Self::Overlap { .. } => "shorten the phases, or raise `interval_months`".into(),
            Self::Fraction(ThresholdError::AboveOne { .. }) => {
                "write a numerator no greater than the denominator".into()
            }
            Self::Fraction(_) => "write a denominator greater than zero".into(),
            Self::NotInTenThousandths { .. } => "write the fraction with the denominator 10_000".into(),
            Self::TooManyNominees { possible, .. } => {
                format!("raise `threshold`, or `nominees_max` to {possible} if so many can be vetted")
            }
            Self::InitialThreshold { most, .. } => format!(
                "write an `initial_threshold` of at least 1 / {most}, with which the contract is initialised before it is lowered"
            ),
            Self::TooFewNominees { seats, .. } => {
                format!("lower `threshold` and raise `nominees_max` until {seats} are possible")
            }
            Self::BeyondVetting { vetting_blocks, .. } => format!("write at most {vetting_blocks}"),
            Self::ExcludeAddress { known, .. } => format!("write {known}"),
            Self::AboveSupply { .. } => "lower it, or raise `supply`".into(),
            Self::MissingL1Timelock { .. } => "add [timelocks.l1] with `delay_seconds`".into(),
            Self::NeedlessL1Timelock { .. } => "remove [timelocks.l1], or give the governance chain a parent".into(),
            Self::UnknownHolder { safes, .. } => format!(
                "write \"anyone\", a contract such as \"member-election\", an address, or a Safe: {}",
                list(safes)
            ),
            Self::NoSuchRole { roles, .. } => format!("its roles are {}", list(roles)),
            Self::RoleWithoutHolder { part, role } => {
                format!("add [[roles]] with `on = \"{part}\"`, `role = \"{role}\"` and its holders")
            }
        }
    }
}

/// Names as a list in words.
fn list<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// The known word that differs least from `found`, if it differs little.
fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|word| (distance(found, word), *word)).min()?;
    (distance <= 2.max(found.len() / 4)).then_some(near)
}

/// How many characters to insert, remove or exchange to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let exchange = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = exchange.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
