//! What the RPC itself knows beside the network: whose keys it holds, and whom it may act for.

use std::{collections::BTreeSet, fmt, sync::Arc};

use alloy_primitives::{Address, Bytes};
use alloy_signer_local::PrivateKeySigner;

use super::errors::solidity_reason;

/// Says why a contract refused, by its revert data, if it is an error it knows.
pub type ReasonDecoder = Arc<dyn Fn(&[u8]) -> Option<String> + Send + Sync>;

/// A funded account whose key everybody may know.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// Its name, for people.
    pub name: String,
    /// Its key.
    pub key: PrivateKeySigner,
}

/// How a network is shared.
#[derive(Clone)]
pub struct Settings {
    /// The accounts that `eth_accounts` lists and `eth_sendTransaction` signs for.
    pub accounts: Vec<DevAccount>,
    /// Whether `eth_sendTransaction` acts for anyone, on rehearsal chains, without being asked to impersonate first.
    pub impersonate: bool,
    /// Whether the methods that bend time and state are there, on rehearsal chains.
    pub control: bool,
    /// Texts of errors that are not Solidity's own.
    pub reason: Option<ReasonDecoder>,
    /// What `web3_clientVersion` says.
    pub client_version: String,
}

impl Default for Settings {
    /// As within one process: no accounts, anyone may be acted for, everything is there.
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            impersonate: true,
            control: true,
            reason: None,
            client_version: concat!("ephor/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts: Vec<Address> = self.accounts.iter().map(|account| account.key.address()).collect();
        f.debug_struct("Settings")
            .field("accounts", &accounts)
            .field("impersonate", &self.impersonate)
            .field("control", &self.control)
            .field("client_version", &self.client_version)
            .finish_non_exhaustive()
    }
}

/// How many accounts can be impersonated one by one.
pub(super) const IMPERSONATED_MAX: usize = 10_000;

/// Keys and identities.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) settings: Settings,
    /// By chain: who may be acted for.
    pub(super) impersonated: BTreeSet<(u64, Address)>,
    /// Seconds by which `evm_increaseTime` has moved the clock.
    pub(super) increased_seconds: u64,
}

impl Desk {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, impersonated: BTreeSet::new(), increased_seconds: 0 }
    }

    /// The key of an account that is held here.
    pub(super) fn key(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.settings.accounts.iter().map(|account| &account.key).find(|key| key.address() == address)
    }

    /// Whether an account may be acted for without its key.
    pub(super) fn acts_for(&self, chain_id: u64, address: Address) -> bool {
        self.settings.impersonate || self.impersonated.contains(&(chain_id, address))
    }

    /// Why a contract refused.
    pub(super) fn reason(&self, data: &Bytes) -> Option<String> {
        solidity_reason(data).or_else(|| self.settings.reason.as_ref().and_then(|decode| decode(data)))
    }
}
