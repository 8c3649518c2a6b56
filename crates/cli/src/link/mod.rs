//! Finding a council: the charter says where its contracts are, the endpoints say on which chains.
//!
//! ```text
//! options, environment, profile ─▶ Settings ─▶ charter + endpoints ─▶ chain ids compared ─▶ Link
//! ```
//!
//! - The governance chain's id decides whether this is a rehearsal or the live council; the charter names both ids. Every other
//!   endpoint must be of the same kind, and every endpoint must be the chain it is given for.
//! - A network counts as a rehearsal only if, besides, its node answers a method that only rehearsal networks have. Otherwise nothing
//!   is sent to it without `--broadcast`.

pub(crate) mod http;
pub(crate) mod names;
pub(crate) mod options;
pub(crate) mod profile;

use alloy_primitives::Address;
use alloy_provider::{DynProvider, Provider};
use alloy_transport::TransportError;
use ephor_charter::{Charter, Faults};
use ephor_client::{Council, Deployment, DeploymentError};
use names::{NameError, Names};
use options::{LinkOptions, Settings};
use reqwest::Url;
use serde_json::Value;
use std::collections::BTreeMap;

/// A council that can be reached.
#[derive(Debug)]
pub(crate) struct Link {
    /// Its charter.
    pub(crate) charter: Charter,
    /// Its contracts and the providers.
    pub(crate) council: Council,
    /// What kind of network this is.
    pub(crate) kind: Kind,
    /// Names of accounts.
    pub(crate) names: Names,
    /// The signer of the profile.
    pub(crate) signer: Option<String>,
}

/// What kind of network a council is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Chains of a rehearsal, whose node says that it is one.
    Rehearsal,
    /// Chains with ids of a rehearsal, whose node does not say so.
    Doubtful,
    /// Live chains.
    Live,
}

impl Kind {
    /// Whether transactions are sent without being asked for.
    pub(crate) const fn is_rehearsal(self) -> bool {
        matches!(self, Self::Rehearsal)
    }
}

/// Why a council cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// A profile cannot be used.
    #[error(transparent)]
    Profile(#[from] profile::ProfileError),
    /// Two endpoints for the same.
    #[error(
        "--rpc {given}: there is another --rpc for the same chain\n  remedy: give each chain one endpoint, as CHAIN=URL"
    )]
    EndpointTwice {
        /// The second one.
        given: String,
    },
    /// No URL.
    #[error("\"{given}\" is no endpoint\n  remedy: give a URL that begins with http:// or https://, or CHAIN=URL")]
    Url {
        /// What was given.
        given: String,
    },
    /// No connection can be made at all.
    #[error("{host}: {why}")]
    Tls {
        /// The endpoint's host.
        host: String,
        /// What the system says.
        why: String,
    },
    /// No charter.
    #[error(
        "which council is meant? No charter is named, and the endpoint does not tell one\n  remedy: name it with --charter FILE, in a profile, or in EPHOR_CHARTER"
    )]
    NoCharter,
    /// The charter has faults.
    #[error("{0}")]
    Charter(Faults),
    /// An endpoint for a chain that the charter does not have.
    #[error("--rpc {chain}=…: the charter has no chain \"{chain}\"; its chains are: {}", known.join(", "))]
    UnknownChain {
        /// The chain.
        chain: String,
        /// Those of the charter.
        known: Vec<String>,
    },
    /// No endpoint for the governance chain.
    #[error("there is no endpoint for {chain}, on which the council is governed\n  remedy: add --rpc {chain}=URL")]
    NoGovernance {
        /// The chain.
        chain: String,
    },
    /// An endpoint that does not answer.
    #[error(
        "{chain}: {source}\n  remedy: is the network up? `ephor up` starts one; another endpoint is named with --rpc"
    )]
    Unreachable {
        /// The chain.
        chain: String,
        /// What the transport says.
        source: Box<TransportError>,
    },
    /// Another chain than the charter says.
    #[error(
        "{chain}: the endpoint {host} serves chain {found}, but by the charter {chain} is {expected}\n  \
         remedy: check --rpc and --charter: they must be of the same council"
    )]
    WrongChain {
        /// The chain.
        chain: String,
        /// The endpoint's host.
        host: String,
        /// What it serves.
        found: u64,
        /// The ids that would do.
        expected: String,
    },
    /// The deployment lacks something.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The profile's address book.
    #[error("in [accounts] of the profile: {0}")]
    Names(NameError),
}

impl Link {
    /// Reaches the council that the options mean.
    ///
    /// # Errors
    /// [`LinkError`].
    pub(crate) async fn open(options: &LinkOptions) -> Result<Self, LinkError> {
        let settings = options.settings()?;
        let base = settings.endpoints.base.as_deref().map(http::url).transpose()?;
        let charter = charter(&settings, base.as_ref()).await?;
        let governance = charter.governance_chain().name.clone();
        let mut endpoints: BTreeMap<String, Url> = BTreeMap::new();
        for (chain, url) in &settings.endpoints.chains {
            if charter.chain(chain).is_none() {
                let known = charter.chains.iter().map(|chain| chain.name.clone()).collect();
                return Err(LinkError::UnknownChain { chain: chain.clone(), known });
            }
            endpoints.insert(chain.clone(), http::url(url)?);
        }
        if let Some(base) = &base {
            endpoints.entry(governance.clone()).or_insert_with(|| base.clone());
        }
        let Some(url) = endpoints.get(&governance).cloned() else {
            return Err(LinkError::NoGovernance { chain: governance });
        };
        let provider = http::provider(&url)?;
        let (rehearsal, live) = (charter.governance_chain().rehearsal_id, charter.governance_chain().id);
        let id = chain_id(&governance, &provider).await?;
        let is_rehearsal = id == rehearsal;
        if !is_rehearsal && id != live {
            let expected = format!("{live}, or {rehearsal} in a rehearsal");
            return Err(LinkError::WrongChain { chain: governance, host: http::host(&url), found: id, expected });
        }
        // The other chains of a network of `ephor up` are below its URL.
        if let Some(base) = base.filter(|_| is_rehearsal) {
            for chain in &charter.chains {
                endpoints.entry(chain.name.clone()).or_insert_with(|| http::below(&base, &chain.name));
            }
        }
        let mut providers = vec![(governance.clone(), provider.clone())];
        for (chain, url) in endpoints.iter().filter(|(chain, _)| **chain != governance) {
            let provider = http::provider(url)?;
            let found = chain_id(chain, &provider).await?;
            let site = charter.chain(chain).ok_or_else(|| DeploymentError::UnknownChain { name: chain.clone() })?;
            let expected = if is_rehearsal { site.rehearsal_id } else { site.id };
            if found != expected {
                let (host, expected) = (http::host(url), expected.to_string());
                return Err(LinkError::WrongChain { chain: chain.clone(), host, found, expected });
            }
            providers.push((chain.clone(), provider));
        }
        let kind = match is_rehearsal {
            false => Kind::Live,
            true if says_rehearsal(&provider).await => Kind::Rehearsal,
            true => Kind::Doubtful,
        };
        let mut link = Self::from_parts(charter, providers, kind).await?;
        link.names.add_all(&settings.accounts).map_err(LinkError::Names)?;
        link.signer = settings.signer;
        Ok(link)
    }

    /// A council whose charter, providers and kind are known.
    ///
    /// # Errors
    /// What the charter lacks.
    pub(crate) async fn from_parts(
        charter: Charter,
        providers: Vec<(String, DynProvider)>,
        kind: Kind,
    ) -> Result<Self, LinkError> {
        let deployment = match kind {
            Kind::Live => Deployment::live(&charter)?,
            Kind::Rehearsal | Kind::Doubtful => ephor_deploy::deployment(&charter, |_| 0),
        };
        let council = Council::new(deployment, providers)?;
        let mut names = Names::of(&charter, council.deployment());
        if kind.is_rehearsal() {
            let governance = &council.governance_chain()?.name;
            if let Ok(provider) = council.provider(governance) {
                names.add_development(&provider.get_accounts().await.unwrap_or_default());
            }
        }
        Ok(Self { charter, council, kind, names, signer: None })
    }

    /// An account by name or address.
    ///
    /// # Errors
    /// [`NameError`].
    pub(crate) fn account(&self, text: &str) -> Result<Address, NameError> {
        self.names.resolve(text)
    }

    /// What the network is, for people.
    pub(crate) fn network(&self) -> &'static str {
        match self.kind {
            Kind::Rehearsal => "rehearsal",
            Kind::Doubtful => "chains with a rehearsal's ids",
            Kind::Live => "live",
        }
    }
}

async fn chain_id(chain: &str, provider: &DynProvider) -> Result<u64, LinkError> {
    let unreachable = |source| LinkError::Unreachable { chain: chain.to_owned(), source: Box::new(source) };
    provider.get_chain_id().await.map_err(unreachable)
}

/// Whether a node has a method that only rehearsal networks have.
async fn says_rehearsal(provider: &DynProvider) -> bool {
    let asked: Result<Value, _> = provider.raw_request("ephor_clock".into(), ()).await;
    asked.is_ok()
}

/// The charter named, or that of the network.
async fn charter(settings: &Settings, base: Option<&Url>) -> Result<Charter, LinkError> {
    if let Some(file) = &settings.charter {
        return Charter::load(file).map_err(LinkError::Charter);
    }
    let Some(base) = base else { return Err(LinkError::NoCharter) };
    let told: Result<Value, TransportError> = http::provider(base)?.raw_request("ephor_charter".into(), ()).await;
    match told {
        Ok(told) => {
            let text = told.as_str().or_else(|| told["toml"].as_str()).ok_or(LinkError::NoCharter)?;
            Charter::parse("the network's charter", text).map_err(LinkError::Charter)
        }
        Err(TransportError::ErrorResp(_)) => Err(LinkError::NoCharter),
        Err(source) => Err(LinkError::Unreachable { chain: http::host(base), source: Box::new(source) }),
    }
}
