//! The options by which a command finds its council: endpoints, charter, profile.
//!
//! | setting | first of |
//! |---|---|
//! | endpoints | `--rpc`, the profile named by `--profile`, `ETH_RPC_URL`, the default profile, `http://127.0.0.1:8545` |
//! | charter | `--charter`, the profile, `EPHOR_CHARTER`, what a rehearsal network says |
//! | signer | `--signer`, the profile, on a rehearsal network `dev0` |

use super::{LinkError, profile};
use clap::Args;
use std::{collections::BTreeMap, env, path::PathBuf};

/// Where `ephor up` listens.
const DEFAULT_URL: &str = "http://127.0.0.1:8545";

/// How to find the council.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct LinkOptions {
    /// An endpoint: the URL of a network of `ephor up`, or of a node of the governance chain; or CHAIN=URL for one chain.
    /// May be given several times. Without it: the profile, ETH_RPC_URL, http://127.0.0.1:8545.
    #[arg(long, value_name = "URL|CHAIN=URL")]
    pub(crate) rpc: Vec<String>,
    /// The charter of the council. Without it: the profile, EPHOR_CHARTER, what a rehearsal network says.
    #[arg(long, value_name = "FILE")]
    pub(crate) charter: Option<PathBuf>,
    /// The profile of the configuration file to use.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The configuration file. Without it: config.toml in the user's configuration folder of ephor.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The endpoints, as they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// The one without a name of a chain.
    pub(crate) base: Option<String>,
    /// By chain.
    pub(crate) chains: BTreeMap<String, String>,
}

/// Everything that options, environment and profile say.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) endpoints: Endpoints,
    pub(crate) charter: Option<PathBuf>,
    pub(crate) signer: Option<String>,
    /// The profile's own address book.
    pub(crate) accounts: BTreeMap<String, String>,
}

impl LinkOptions {
    /// Puts options, environment and profile together.
    ///
    /// # Errors
    /// A profile that is not there or has faults, an endpoint without a URL.
    pub(crate) fn settings(&self) -> Result<Settings, LinkError> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        self.settings_with(set("ETH_RPC_URL"), set("EPHOR_CHARTER"))
    }

    fn settings_with(&self, url: Option<String>, charter: Option<String>) -> Result<Settings, LinkError> {
        let profile = profile::load(self.config.as_deref(), self.profile.as_deref())?;
        let (named, profile) = profile.map_or((false, None), |profile| (self.profile.is_some(), Some(profile)));
        let of_profile = profile.as_ref().map(|profile| profile.endpoints.clone());
        let of_profile = of_profile.filter(|endpoints| endpoints.base.is_some() || !endpoints.chains.is_empty());
        let base = |url: String| Endpoints { base: Some(url), chains: BTreeMap::new() };
        let endpoints = if !self.rpc.is_empty() {
            Endpoints::read(&self.rpc)?
        } else if named && let Some(endpoints) = of_profile.clone() {
            endpoints
        } else if let Some(url) = url {
            base(url)
        } else {
            of_profile.unwrap_or_else(|| base(DEFAULT_URL.to_owned()))
        };
        let of_profile = profile.as_ref().and_then(|profile| profile.charter.clone());
        let charter = self.charter.clone().or(of_profile).or(charter.map(PathBuf::from));
        let (signer, accounts) = profile.map(|profile| (profile.signer, profile.accounts)).unwrap_or_default();
        Ok(Settings { endpoints, charter, signer, accounts })
    }
}

impl Endpoints {
    /// Reads `URL` and `CHAIN=URL`.
    fn read(given: &[String]) -> Result<Self, LinkError> {
        let mut endpoints = Self { base: None, chains: BTreeMap::new() };
        for text in given {
            let twice = || LinkError::EndpointTwice { given: text.clone() };
            match text.split_once('=') {
                // A URL may contain an equals sign of its own; the name of a chain contains no colon.
                Some((chain, url)) if !chain.contains(':') => {
                    if endpoints.chains.insert(chain.to_owned(), url.to_owned()).is_some() {
                        return Err(twice());
                    }
                }
                _ if endpoints.base.is_some() => return Err(twice()),
                _ => endpoints.base = Some(text.clone()),
            }
        }
        Ok(endpoints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn endpoints(base: Option<&str>, chains: &[(&str, &str)]) -> Endpoints {
        let chains = chains.iter().map(|(chain, url)| ((*chain).to_owned(), (*url).to_owned())).collect();
        Endpoints { base: base.map(str::to_owned), chains }
    }

    #[track_caller]
    fn check(options: &LinkOptions, environment: Option<&str>, expected: &Endpoints) {
        let settings = options.settings_with(environment.map(str::to_owned), None).expect("settings");
        assert_eq!(settings.endpoints, *expected);
    }

    #[test]
    fn prefers_what_is_said_nearer() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = "default = \"home\"\n[profiles.home]\nrpc = \"http://home\"\n[profiles.live.rpc]\nethereum = \"https://l1\"\n";
        fs::write(&config, text).unwrap();
        let none = Some(folder.path().join("absent.toml"));
        let options = |rpc: &[&str], profile: Option<&str>| LinkOptions {
            rpc: rpc.iter().map(|text| (*text).to_owned()).collect(),
            profile: profile.map(str::to_owned),
            config: Some(config.clone()),
            ..LinkOptions::default()
        };
        check(&options(&[], None), None, &endpoints(Some("http://home"), &[]));
        check(&options(&[], None), Some("http://env"), &endpoints(Some("http://env"), &[]));
        check(&options(&[], Some("live")), Some("http://env"), &endpoints(None, &[("ethereum", "https://l1")]));
        let given = ["https://a/?k=v", "nova=https://b/?k=v"];
        let expected = endpoints(Some("https://a/?k=v"), &[("nova", "https://b/?k=v")]);
        check(&options(&given, Some("live")), Some("http://env"), &expected);
        assert!(LinkOptions { config: none, ..LinkOptions::default() }.settings_with(None, None).is_err());
    }

    #[test]
    fn refuses_two_endpoints_for_one_chain() {
        for given in [["http://a", "http://b"], ["x=http://a", "x=http://b"]] {
            let given = given.map(str::to_owned);
            assert!(matches!(Endpoints::read(&given), Err(LinkError::EndpointTwice { .. })));
        }
    }
}
