//! A bundle: all that signers need, as files that follow from one of them.
//!
//! ```text
//! ceremony.json ─▶ hashes.json, typed-data-*.json, outline.txt, runbook.md, state-diff.json
//!       └───────────── all of them, by name and hash ─▶ manifest.json ─▶ digest ─▶ (the author's signature)
//! ```
//! A bundle is a directory, or one JSON file with the files in it. Verifying one means to make it again from `ceremony.json` and
//! to compare every byte, so a file that says something else is found whatever its manifest says. No name leads out of the
//! directory, no file is longer than [`MAX_FILE_BYTES`], all of them together no longer than [`MAX_BYTES`].

mod error;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, Signature, eip191_hash_message, keccak256};
use ephor_explain::strict;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use error::{BundleError, BundleFinding};

use crate::{
    ceremony::Ceremony,
    outline::outline,
    release::Hashing,
    runbook::runbook,
    simulation,
    transaction::{Hashes, domain_hash},
    typed_data,
};

/// The most bytes of a file.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The most bytes of all files.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The most files.
pub const MAX_FILES: usize = 128;
/// What the manifest says it is of.
pub const FORMAT: &str = "ephor-ceremony-2";

/// The file from which the others follow.
pub const CEREMONY: &str = "ceremony.json";
/// The file that lists the others.
pub const MANIFEST: &str = "manifest.json";
/// The file of collected signatures, which is no part of the digest.
pub const SIGNATURES: &str = "signatures.json";

/// The files of a bundle: name → text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, String>,
}

/// What lists the files of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Name → hash of the file.
    pub files: BTreeMap<String, B256>,
    /// The hash of names and hashes.
    pub digest: B256,
    /// Who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
}

/// Who vouches for a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// Who.
    pub address: Address,
    /// The digest, signed as a message (EIP-191).
    pub signature: Bytes,
}

/// A bundle that was read, and what is not right with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The ceremony.
    pub ceremony: Ceremony,
    /// What was found.
    pub findings: Vec<BundleFinding>,
    /// The digest, as computed.
    pub digest: B256,
    /// Who vouches for it, if the signature is sound.
    pub author: Option<Address>,
}

fn pretty(value: &impl Serialize) -> String {
    // Maps with text keys, numbers and text: there is nothing that could fail.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Reads a file in which no key stands twice, so that people and programs read the same.
fn read<T: for<'a> Deserialize<'a>>(name: &'static str, text: &str) -> Result<T, BundleError> {
    let malformed = |error| BundleError::Malformed { name, error };
    strict::read(text).map_err(malformed)?;
    serde_json::from_str(strict::unmarked(text)).map_err(malformed)
}

fn digest(files: &BTreeMap<String, B256>) -> B256 {
    let mut hashed = FORMAT.as_bytes().to_vec();
    for (name, hash) in files {
        hashed.extend_from_slice(keccak256(name).as_slice());
        hashed.extend_from_slice(hash.as_slice());
    }
    keccak256(hashed)
}

/// What the author signs to vouch for a bundle.
#[must_use]
pub fn author_hash(digest: B256) -> B256 {
    eip191_hash_message(digest)
}

impl Bundle {
    /// The bundle of a ceremony.
    ///
    /// # Errors
    /// A ceremony that cannot be held or simulated.
    pub fn of(ceremony: &Ceremony) -> Result<Self, BundleError> {
        ceremony.check()?;
        let mut files = BTreeMap::from([
            (CEREMONY.to_owned(), pretty(ceremony)),
            ("hashes.json".to_owned(), pretty(&hashes(ceremony))),
            ("outline.txt".to_owned(), outline(ceremony, &ceremony.action)),
            ("runbook.md".to_owned(), runbook(ceremony)),
        ]);
        for step in ceremony.steps() {
            let account = step.safe.account(ceremony.chain_id);
            let document = typed_data::write(&account, &step.action, step.safe.nonce);
            files.insert(format!("typed-data-{:#x}.json", account.safe), pretty(&document));
        }
        if let Some(simulation) = simulation::simulate(ceremony)? {
            files.insert("state-diff.json".to_owned(), pretty(&simulation));
        }
        if let Some((name, text)) = files.iter().find(|(_, text)| text.len() > MAX_FILE_BYTES) {
            return Err(BundleError::FileTooLarge { name: name.clone(), bytes: text.len() });
        }
        let hashes: BTreeMap<String, B256> = files.iter().map(|(name, text)| (name.clone(), keccak256(text))).collect();
        let digest = digest(&hashes);
        let manifest = Manifest { format: FORMAT.to_owned(), files: hashes, digest, author: None };
        files.insert(MANIFEST.to_owned(), pretty(&manifest));
        Ok(Self { files })
    }

    /// Adds a file that was read from outside.
    ///
    /// # Errors
    /// A name that could lead elsewhere, too many bytes, no text.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), BundleError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        if name.is_empty()
            || name.len() > 100
            || name.starts_with('.')
            || name.contains("..")
            || !name.chars().all(plain)
        {
            return Err(BundleError::Name(name.chars().take(100).collect()));
        }
        if bytes.len() > MAX_FILE_BYTES {
            return Err(BundleError::FileTooLarge { name: name.to_owned(), bytes: bytes.len() });
        }
        if self.files.len() >= MAX_FILES {
            return Err(BundleError::TooMany);
        }
        if self.files.values().map(String::len).sum::<usize>() + bytes.len() > MAX_BYTES {
            return Err(BundleError::TooLarge);
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| BundleError::NotText { name: name.to_owned(), at: error.utf8_error().valid_up_to() })?;
        self.files.insert(name.to_owned(), text);
        Ok(())
    }

    /// Reads a bundle that is one file.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Single {
            format: String,
            files: BTreeMap<String, String>,
        }
        if bytes.len() > MAX_BYTES {
            return Err(BundleError::TooLarge);
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| BundleError::NotText { name: "the bundle".to_owned(), at: error.valid_up_to() })?;
        let single: Single = read("the bundle", text)?;
        if single.format != FORMAT {
            return Err(BundleError::Format(single.format.chars().take(64).collect()));
        }
        let mut bundle = Self::default();
        for (name, text) in single.files {
            bundle.add(&name, text.into_bytes())?;
        }
        Ok(bundle)
    }

    /// The bundle as one file.
    #[must_use]
    pub fn to_single(&self) -> String {
        pretty(&json!({ "format": FORMAT, "files": self.files }))
    }

    /// The files: name → text.
    #[must_use]
    pub const fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The ceremony that the bundle says it is of; nothing else is looked at.
    ///
    /// # Errors
    /// No such file, or one that does not read or cannot be held.
    pub fn ceremony(&self) -> Result<Ceremony, BundleError> {
        let ceremony: Ceremony = self.read(CEREMONY)?;
        ceremony.check()?;
        Ok(ceremony)
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, name: &'static str) -> Result<T, BundleError> {
        read(name, self.files.get(name).ok_or(BundleError::Missing(name))?)
    }

    /// Adds the author's signature of the digest.
    ///
    /// # Errors
    /// No manifest, or one that does not read.
    pub fn vouch(&mut self, author: Author) -> Result<(), BundleError> {
        let mut manifest: Manifest = self.read(MANIFEST)?;
        manifest.author = Some(author);
        self.files.insert(MANIFEST.to_owned(), pretty(&manifest));
        Ok(())
    }

    /// Makes the bundle again from the ceremony and compares, offline.
    ///
    /// # Errors
    /// A bundle that does not read; what is wrong in one that reads is a finding.
    pub fn verify(&self) -> Result<Verified, BundleError> {
        let ceremony = self.ceremony()?;
        let manifest: Manifest = self.read(MANIFEST)?;
        if manifest.format != FORMAT {
            return Err(BundleError::Format(manifest.format.chars().take(64).collect()));
        }
        let expected = Self::of(&ceremony)?;
        let made: Manifest = expected.read(MANIFEST)?;
        let mut findings = Vec::new();
        for (name, text) in expected.files.iter().filter(|(name, _)| *name != MANIFEST) {
            let file = name.clone();
            match self.files.get(name) {
                None => findings.push(BundleFinding::Missing { file }),
                Some(found) if found != text => {
                    let same = found.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
                    findings.push(BundleFinding::Differs { file, line: same + 1 });
                }
                Some(_) => {}
            }
        }
        for (name, text) in self.files.iter().filter(|(name, _)| ![MANIFEST, SIGNATURES].contains(&name.as_str())) {
            let file = name.clone();
            match manifest.files.get(name) {
                _ if !expected.files.contains_key(name) => findings.push(BundleFinding::Stranger { file }),
                Some(hash) if *hash == keccak256(text) => {}
                _ => findings.push(BundleFinding::Tampered { file }),
            }
        }
        if manifest.digest != made.digest {
            findings.push(BundleFinding::Digest { stated: manifest.digest, computed: made.digest });
        }
        let author = manifest.author.map(|author| (author.address, vouches(&author, made.digest)));
        if let Some((address, false)) = author {
            findings.push(BundleFinding::Author { address });
        }
        let author = author.filter(|(_, sound)| *sound).map(|(address, _)| address);
        Ok(Verified { ceremony, findings, digest: made.digest, author })
    }
}

fn vouches(author: &Author, digest: B256) -> bool {
    let signature = Signature::try_from(author.signature.as_ref()).ok();
    let signer = signature.and_then(|signature| signature.recover_address_from_prehash(&author_hash(digest)).ok());
    signer == Some(author.address)
}

/// The hashes of every Safe, by its own release and by all others.
fn hashes(ceremony: &Ceremony) -> Value {
    let each = ceremony.steps().into_iter().map(|step| {
        let versions = Hashing::ALL.into_iter().map(|hashing| {
            let domain = domain_hash(hashing, ceremony.chain_id, step.safe.address);
            let message = step.action.message_hash(hashing, step.safe.nonce);
            (hashing.releases(), json!(Hashes::new(domain, message)))
        });
        json!({
            "safe": step.safe.address,
            "name": step.safe.name,
            "depth": step.depth,
            "version": step.safe.release,
            "nonce": step.safe.nonce.to_string(),
            "to": step.action.to,
            "operation": step.action.operation.number(),
            "data": step.action.data,
            "hashes": step.hashes,
            "by_version": versions.collect::<BTreeMap<_, _>>(),
        })
    });
    json!({ "chain_id": ceremony.chain_id, "safes": each.collect::<Vec<_>>() })
}
