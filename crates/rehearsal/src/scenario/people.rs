//! Who takes part, and by which key.
//!
//! Somebody with an address of their own is acted for; a name without an address gets a key that follows from the seed and the name.

use std::collections::BTreeMap;

use alloy_consensus::crypto::secp256k1::sign_message;
use alloy_primitives::{Address, B256, Signature, keccak256};
use alloy_signer_local::PrivateKeySigner;
use ephor_charter::Charter;

use crate::{report::Person, text};

/// Everybody.
#[derive(Clone, Debug, Default)]
pub struct People {
    seed: u64,
    by_name: BTreeMap<String, Address>,
    /// The name by which an address is shown.
    by_address: BTreeMap<Address, String>,
    organisations: BTreeMap<Address, String>,
    keyed: BTreeMap<Address, String>,
}

/// The numbers that follow from a seed and a name. The first that is one of the curve's field is the key; that the very first is not is as
/// likely as guessing somebody's key.
fn secrets(seed: u64, name: &str) -> impl Iterator<Item = B256> {
    (0..=u64::MAX).map(move |salt| {
        let preimage = [b"ephor rehearsal key".as_slice(), &seed.to_be_bytes(), &salt.to_be_bytes(), name.as_bytes()];
        keccak256(preimage.concat())
    })
}

/// The key that follows from a seed and a name. Worth nothing anywhere but in a rehearsal.
#[must_use]
pub(crate) fn key(seed: u64, name: &str) -> PrivateKeySigner {
    let mut secrets = secrets(seed, name);
    loop {
        if let Some(Ok(key)) = secrets.next().map(|secret| PrivateKeySigner::from_bytes(&secret)) {
            return key;
        }
    }
}

impl People {
    /// Those whom every scenario has: `anyone`, the vetter, the council's members.
    pub(super) fn of(seed: u64, charter: &Charter) -> Self {
        let mut people = Self { seed, ..Self::default() };
        people.add_keyed("anyone");
        people.add("vetter", charter.election.vetter);
        let members = charter.council.cohorts.iter().flat_map(|cohort| &cohort.members);
        for (i, member) in members.enumerate() {
            people.add(&format!("member-{}", i + 1), member.address);
            if let Some(organisation) = &member.organisation {
                people.organisations.insert(member.address, organisation.clone());
            }
        }
        people
    }

    /// Adds somebody; whether the name was free.
    pub(super) fn add(&mut self, name: &str, address: Address) -> bool {
        let free = !self.by_name.contains_key(name);
        if free {
            self.by_name.insert(name.to_owned(), address);
            match self.by_address.get_mut(&address) {
                // A sitting member who stands again goes by both names.
                Some(shown) if name.starts_with("contender-") && !shown.starts_with("contender-") => {
                    *shown = format!("{name} ({shown})");
                }
                Some(_) => {}
                None => {
                    self.by_address.insert(address, name.to_owned());
                }
            }
        }
        free
    }

    /// Adds somebody with a key of the rehearsal; whether the name was free.
    pub(super) fn add_keyed(&mut self, name: &str) -> bool {
        let address = key(self.seed, name).address();
        let free = self.add(name, address);
        if free {
            self.keyed.insert(address, name.to_owned());
        }
        free
    }

    /// Adds somebody whose key was derived elsewhere.
    pub(super) fn add_derived(&mut self, name: &str, address: Address) {
        if self.add(name, address) {
            self.keyed.insert(address, name.to_owned());
        }
    }

    pub(super) fn set_organisation(&mut self, address: Address, organisation: String) {
        self.organisations.insert(address, organisation);
    }

    /// Somebody by name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Person> {
        let address = self.by_name.get(name).copied()?;
        Some(Person { name: name.to_owned(), address })
    }

    /// Somebody by address: by name where there is one.
    #[must_use]
    pub fn at(&self, address: Address) -> Person {
        let name = self.by_address.get(&address).cloned().unwrap_or_else(|| text::short(address));
        Person { name, address }
    }

    /// The key of somebody who has one in the rehearsal.
    #[must_use]
    pub fn key(&self, address: Address) -> Option<PrivateKeySigner> {
        self.keyed.get(&address).map(|name| key(self.seed, name))
    }

    /// A signature of somebody who has a key in the rehearsal. Much faster than by [`People::key`], which knows the public key as well.
    #[must_use]
    pub fn sign(&self, address: Address, digest: B256) -> Option<Signature> {
        let name = self.keyed.get(&address)?;
        secrets(self.seed, name).find_map(|secret| sign_message(secret, digest).ok())
    }

    /// For whom somebody stands, where that is known.
    #[must_use]
    pub fn organisation(&self, address: Address) -> Option<&str> {
        self.organisations.get(&address).map(String::as_str)
    }

    /// Some names, to show what is meant by a name.
    pub(super) fn examples(&self) -> Vec<String> {
        let numbered = |name: &&String| name.rsplit_once('-').is_none_or(|(_, number)| number.parse::<u64>().is_err());
        let mut names: Vec<String> = self.by_name.keys().filter(numbered).take(20).cloned().collect();
        for kind in ["contender", "delegate", "member"] {
            let last = self.by_name.keys().filter_map(|name| name.strip_prefix(kind)?.strip_prefix('-')?.parse().ok());
            let last: Option<u64> = last.max();
            names.extend(last.map(|last| format!("{kind}-1 to {kind}-{last}")));
        }
        names
    }
}
