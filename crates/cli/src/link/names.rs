//! Names of accounts: development accounts, the charter's address book, contracts and Safes, the profile's accounts.
//!
//! An account is named by its address or by a name. Names are compared without regard to case, with spaces, dots and dashes alike. A
//! name that means two addresses is refused. An address in mixed case must have the right checksum.

use crate::terminal::visible;
use alloy_primitives::Address;
use ephor_charter::Charter;
use ephor_client::Deployment;
use std::collections::BTreeMap;

/// Who is who.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// In the order of preference for showing.
    entries: Vec<(String, Address)>,
    development: Vec<Address>,
}

/// An account that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// Nobody has the name.
    #[error("nobody is called \"{name}\"{}\n  remedy: `ephor accounts` lists the names; an address is 0x and 40 digits", like.as_ref().map_or_else(String::new, |like| format!("; is {like} meant?")))]
    Unknown {
        /// The name.
        name: String,
        /// One that resembles it.
        like: Option<String>,
    },
    /// Several have it.
    #[error("\"{name}\" may be {}\n  remedy: give the address", shown(addresses))]
    Ambiguous {
        /// The name.
        name: String,
        /// Who has it.
        addresses: Vec<Address>,
    },
    /// A wrong checksum.
    #[error("the address {found} has a wrong checksum: a digit is mistyped, or it should be {expected}")]
    Checksum {
        /// As it was given.
        found: String,
        /// As it would be right.
        expected: String,
    },
    /// Neither a name nor an address.
    #[error("{found} is no address: an address is 0x and 40 hexadecimal digits")]
    NotAnAddress {
        /// As it was given.
        found: String,
    },
}

fn shown(addresses: &[Address]) -> String {
    addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(" or ")
}

/// A name as names are compared.
fn folded(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if matches!(c, ' ' | '.' | '_') { '-' } else { c }).collect()
}

/// Reads an address.
///
/// # Errors
/// [`NameError::NotAnAddress`], [`NameError::Checksum`].
pub(crate) fn address(text: &str) -> Result<Address, NameError> {
    let address: Address = text.parse().map_err(|_| NameError::NotAnAddress { found: text.to_owned() })?;
    let digits = text.trim_start_matches("0x");
    let mixed = digits.bytes().any(|b| b.is_ascii_lowercase()) && digits.bytes().any(|b| b.is_ascii_uppercase());
    let expected = address.to_checksum(None);
    if mixed && expected.trim_start_matches("0x") != digits {
        return Err(NameError::Checksum { found: text.to_owned(), expected });
    }
    Ok(address)
}

impl Names {
    /// The names that a charter and its deployment give.
    pub(crate) fn of(charter: &Charter, deployment: &Deployment) -> Self {
        let mut names = Self::default();
        for member in charter.council.cohorts.iter().flat_map(|cohort| &cohort.members) {
            if let Some(name) = &member.name {
                names.entries.push((name.clone(), member.address));
            }
        }
        names.entries.push(("vetter".to_owned(), charter.election.vetter));
        for holder in &charter.token.holders {
            if let Some(address) = holder.address {
                names.entries.push((holder.name.clone(), address));
            }
        }
        names.entries.extend(deployment.safes.iter().map(|safe| (safe.name.clone(), safe.address)));
        for ((chain, part), address) in &deployment.contracts {
            let governance = deployment.chain(chain).is_ok_and(|site| site.governance);
            let name = if governance { part.name().to_owned() } else { format!("{chain}/{}", part.name()) };
            names.entries.push((name, *address));
        }
        names
    }

    /// Adds the accounts that a node holds: `dev0`, `dev1`, …
    pub(crate) fn add_development(&mut self, accounts: &[Address]) {
        self.development = accounts.to_vec();
        let named = accounts.iter().enumerate().map(|(number, account)| (format!("dev{number}"), *account));
        self.entries.splice(0..0, named);
    }

    /// Adds names for addresses.
    ///
    /// # Errors
    /// An address that is none.
    pub(crate) fn add_all(&mut self, accounts: &BTreeMap<String, String>) -> Result<(), NameError> {
        for (name, text) in accounts {
            self.entries.insert(0, (name.clone(), address(text)?));
        }
        Ok(())
    }

    /// The accounts that the node holds, by number.
    pub(crate) fn development(&self) -> &[Address] {
        &self.development
    }

    /// All names with their addresses.
    pub(crate) fn all(&self) -> &[(String, Address)] {
        &self.entries
    }

    /// Whose name or address it is.
    ///
    /// # Errors
    /// [`NameError`].
    pub(crate) fn resolve(&self, text: &str) -> Result<Address, NameError> {
        let text = text.trim();
        if text.starts_with("0x") || text.starts_with("0X") {
            return address(text);
        }
        let wanted = folded(text);
        let having = self.entries.iter().filter(|(name, _)| folded(name) == wanted);
        let mut addresses: Vec<Address> = having.map(|(_, address)| *address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        match addresses[..] {
            [one] => Ok(one),
            [] => {
                let resembling = |name: &str| {
                    let name = folded(name);
                    !wanted.is_empty() && (name.contains(&wanted) || wanted.contains(&name))
                };
                let like = self.entries.iter().find(|(name, _)| resembling(name)).map(|(name, _)| name.clone());
                Err(NameError::Unknown { name: text.to_owned(), like })
            }
            _ => Err(NameError::Ambiguous { name: text.to_owned(), addresses }),
        }
    }

    /// The name of an address.
    pub(crate) fn name_of(&self, address: Address) -> Option<&str> {
        self.entries.iter().find(|(_, known)| *known == address).map(|(name, _)| name.as_str())
    }

    /// An address with its name: "0x… (dev0)".
    pub(crate) fn show(&self, address: Address) -> String {
        self.name_of(address).map_or_else(|| address.to_string(), |name| format!("{address} ({})", visible(name)))
    }

    /// A text with the name after each address that has one, and nothing in it that could drive a terminal.
    pub(crate) fn annotate(&self, text: &str) -> String {
        const LENGTH: usize = 42;
        let text = &visible(text);
        let mut annotated = String::with_capacity(text.len());
        let mut rest = &text[..];
        while let Some(at) = rest.find("0x") {
            let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            let end = at + 2 + digits;
            annotated.push_str(&rest[..end]);
            let name = (digits + 2 == LENGTH).then(|| rest[at..end].parse().ok()).flatten();
            if let Some(name) = name.and_then(|address| self.name_of(address)) {
                annotated.push_str(&format!(" ({})", visible(name)));
            }
            rest = &rest[end..];
        }
        annotated + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let entry = |name: &str, byte| (name.to_owned(), Address::repeat_byte(byte));
        let mut names = Names {
            entries: vec![
                entry("Ada Lovelace", 1),
                entry("twin", 2),
                entry("twin", 3),
                entry("same", 4),
                entry("SAME", 4),
            ],
            development: Vec::new(),
        };
        names.add_development(&[Address::repeat_byte(9)]);
        names
    }

    #[track_caller]
    fn check(text: &str, byte: u8) {
        assert_eq!(names().resolve(text), Ok(Address::repeat_byte(byte)));
    }

    #[test]
    fn finds_people_by_name() {
        check("ada-lovelace", 1);
        check("Ada Lovelace", 1);
        check("same", 4);
        check("dev0", 9);
        check("0x0909090909090909090909090909090909090909", 9);
    }

    #[test]
    fn refuses_who_is_not_known_or_not_one() {
        let like = Some("Ada Lovelace".to_owned());
        assert_eq!(names().resolve("ada"), Err(NameError::Unknown { name: "ada".to_owned(), like }));
        assert!(matches!(names().resolve("twin"), Err(NameError::Ambiguous { .. })));
        assert!(matches!(names().resolve("dev1"), Err(NameError::Unknown { .. })));
        assert!(matches!(names().resolve("0x12"), Err(NameError::NotAnAddress { .. })));
        let wrong = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046";
        assert!(matches!(names().resolve(wrong), Err(NameError::Checksum { .. })));
        assert!(names().resolve("0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045").is_ok());
    }

    #[test]
    fn writes_names_beside_addresses() {
        let text = "to: 0x0909090909090909090909090909090909090909, data: 0x090909090909090909090909090909090909090900";
        let expected =
            "to: 0x0909090909090909090909090909090909090909 (dev0), data: 0x090909090909090909090909090909090909090900";
        assert_eq!(names().annotate(text), expected);
    }
}
