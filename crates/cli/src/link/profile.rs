//! The configuration file: profiles, each of which names endpoints, a charter, a signer and accounts.
//!
//! ```toml
//! default = "rehearsal"                  # the profile where none is named; may be left out
//!
//! [profiles.rehearsal]
//! rpc     = "http://127.0.0.1:8545"      # a network of `ephor up`, or a node of the governance chain
//! charter = "arbitrum.toml"              # seen from this file
//! signer  = "dev0"
//!
//! [profiles.live]
//! charter = "arbitrum.toml"
//! signer  = "ledger"
//!
//! [profiles.live.rpc]                    # or an endpoint for each chain
//! ethereum     = "https://…"
//! arbitrum-one = "https://…"
//!
//! [profiles.live.accounts]               # names for addresses, beside those of the charter
//! alice = "0x…"
//! ```
//!
//! Invariant: unknown keys are refused, so that a misspelt one is not passed over.

use super::{LinkError, options::Endpoints};
use directories::ProjectDirs;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// What a profile says.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) endpoints: Endpoints,
    pub(crate) charter: Option<PathBuf>,
    pub(crate) signer: Option<String>,
    pub(crate) accounts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    rpc: Option<Rpc>,
    charter: Option<PathBuf>,
    signer: Option<String>,
    #[serde(default)]
    accounts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a URL, or a table with a URL for each chain")]
enum Rpc {
    One(String),
    Each(BTreeMap<String, String>),
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not as it should be.
    #[error("the configuration {} has a fault: {source}", file.display())]
    Faulty {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        source: Box<toml::de::Error>,
    },
    /// There is no such profile.
    #[error("there is no profile \"{name}\" in {}; there is: {}", file.display(), known.join(", "))]
    Unknown {
        /// Its name.
        name: String,
        /// The file.
        file: PathBuf,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A profile is named, but there is no file.
    #[error("there is no profile \"{name}\": there is no configuration file {}", file.display())]
    NoFile {
        /// Its name.
        name: String,
        /// The file.
        file: PathBuf,
    },
}

/// The profile of that name, or the default one. None if there is neither a file nor a name.
///
/// # Errors
/// [`ProfileError`], and where a file was named that is not there.
pub(super) fn load(config: Option<&Path>, name: Option<&str>) -> Result<Option<Profile>, LinkError> {
    let usual = || ProjectDirs::from("", "", "ephor").map(|folders| folders.config_dir().join("config.toml"));
    let Some(file) = config.map(Path::to_owned).or_else(usual) else { return Ok(None) };
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if config.is_none() && error.kind() == io::ErrorKind::NotFound => {
            return match name {
                None => Ok(None),
                Some(name) => Err(ProfileError::NoFile { name: name.to_owned(), file }.into()),
            };
        }
        Err(source) => return Err(ProfileError::Unreadable { file, source }.into()),
    };
    Ok(read(&file, &text, name)?)
}

fn read(file: &Path, text: &str, name: Option<&str>) -> Result<Option<Profile>, ProfileError> {
    let faulty = |source| ProfileError::Faulty { file: file.to_owned(), source: Box::new(source) };
    let mut written: File = toml::from_str(text).map_err(faulty)?;
    let Some(name) = name.or(written.default.as_deref()) else { return Ok(None) };
    let Some(profile) = written.profiles.remove(name) else {
        let known = written.profiles.into_keys().collect();
        return Err(ProfileError::Unknown { name: name.to_owned(), file: file.to_owned(), known });
    };
    let endpoints = match profile.rpc {
        None => Endpoints { base: None, chains: BTreeMap::new() },
        Some(Rpc::One(url)) => Endpoints { base: Some(url), chains: BTreeMap::new() },
        Some(Rpc::Each(chains)) => Endpoints { base: None, chains },
    };
    let beside = |path: PathBuf| file.parent().map_or(path.clone(), |folder| folder.join(path));
    let Written { charter, signer, accounts, .. } = profile;
    Ok(Some(Profile { endpoints, charter: charter.map(beside), signer, accounts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, name: Option<&str>, part: &str) {
        let error = read(Path::new("here/config.toml"), text, name).expect_err("refused").to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn reads_a_profile_and_finds_its_charter_beside_the_file() {
        let text = "[profiles.a]\nrpc = \"http://x\"\ncharter = \"c.toml\"\nsigner = \"dev1\"\n[profiles.a.accounts]\nme = \"0x1\"";
        let profile = read(Path::new("here/config.toml"), text, Some("a")).unwrap().unwrap();
        assert_eq!(profile.charter, Some(PathBuf::from("here/c.toml")));
        assert_eq!((profile.signer.as_deref(), profile.accounts["me"].as_str()), (Some("dev1"), "0x1"));
        assert!(read(Path::new("config.toml"), text, None).unwrap().is_none());
    }

    #[test]
    fn says_what_is_wrong_with_a_profile() {
        refused(
            "[profiles.a]\n[profiles.b]",
            Some("c"),
            "there is no profile \"c\" in here/config.toml; there is: a, b",
        );
        refused("[profiles.a]\nrpx = 1", Some("a"), "unknown field `rpx`");
        refused("[profiles.a]\nrpc = 1", Some("a"), "a URL, or a table with a URL for each chain");
        refused("default = ", None, "has a fault");
    }
}
