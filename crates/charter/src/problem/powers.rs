//! What can be wrong with timelocks, roles and their holders.

use super::words::list;

/// A problem of timelocks, roles or contracts.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PowerProblem {
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
    /// A role that cannot be open to everybody.
    #[error("the role {role} of {part} is never open: \"anyone\" would be nobody")]
    NeverOpen {
        /// The contract.
        part: &'static str,
        /// The role.
        role: &'static str,
    },
    /// A Safe cannot call a contract of another chain.
    #[error("the Safe \"{safe}\" stands on {stands_on}, and cannot act on {chain}")]
    SafeElsewhere {
        /// The Safe.
        safe: String,
        /// Its chain.
        stands_on: String,
        /// The chain of the contract.
        chain: String,
    },
    /// A contract does not stand on the chain.
    #[error("{part} does not stand on {chain}")]
    StandsElsewhere {
        /// The contract.
        part: &'static str,
        /// The chain on which it does not.
        chain: String,
        /// The chain on which it does, where there is one.
        stands_on: Option<String>,
    },
    /// Somebody without whom no update arrives lacks a role.
    #[error("{holder} does not hold {role} on {part} of {chain}: {otherwise}")]
    LacksHolder {
        /// The contract.
        part: &'static str,
        /// Its chain.
        chain: String,
        /// The role.
        role: &'static str,
        /// Who must hold it.
        holder: &'static str,
        /// What does not happen otherwise.
        otherwise: &'static str,
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

impl PowerProblem {
    /// What to do about it.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::MissingL1Timelock { .. } => "add [timelocks.l1] with `delay_seconds`".into(),
            Self::NeedlessL1Timelock { .. } => "remove [timelocks.l1], or give the governance chain a parent".into(),
            Self::UnknownHolder { safes, .. } => format!(
                "write \"anyone\", a contract such as \"member-election\", an address, or a Safe: {}",
                list(safes)
            ),
            Self::NeverOpen { .. } => "name the holders; only the role EXECUTOR of a timelock can be open".into(),
            Self::SafeElsewhere { chain, .. } => format!("name a Safe of {chain}"),
            Self::StandsElsewhere { stands_on: Some(chain), .. } => format!("it stands on {chain}"),
            Self::StandsElsewhere { stands_on: None, .. } => {
                "remove it: only a governance chain with a parent has such a contract".into()
            }
            Self::LacksHolder { holder, .. } => format!("add \"{holder}\" to the holders"),
            Self::NoSuchRole { roles, .. } => format!("its roles are {}", list(roles)),
            Self::RoleWithoutHolder { part, role } => {
                format!("add [[roles]] with `on = \"{part}\"`, `role = \"{role}\"` and its holders")
            }
        }
    }
}
