//! What `ephor up` tells once the network is there: endpoints, chain ids, accounts, and what can be done next.

use std::{fmt::Write, net::SocketAddr};

use alloy_primitives::Address;
use ephor_charter::Charter;
use ephor_client::Deployment;
use ephor_network::rpc::DevAccount;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts;
use crate::{terminal::Style, words::utc};

/// A network that runs.
pub(super) struct Running<'a> {
    pub(super) charter: &'a Charter,
    pub(super) deployment: &'a Deployment,
    pub(super) address: SocketAddr,
    /// Development accounts; none where they are switched off.
    pub(super) accounts: &'a [DevAccount],
    /// Whether time and state can be controlled, and anybody be acted for.
    pub(super) control: bool,
    /// The network's time.
    pub(super) now_seconds: u64,
    pub(super) pace: ephor_node::Pace,
    /// Where the data is; none in memory.
    pub(super) data: Option<&'a std::path::Path>,
    /// The next election and when it can be created.
    pub(super) next_election: (u64, u64),
}

impl Running<'_> {
    fn url(&self, scheme: &str, path: &str) -> String {
        // Whoever listens everywhere is reached here at the loopback address.
        let ip = self.address.ip();
        let host = match ip {
            ip if !ip.is_unspecified() => SocketAddr::new(ip, self.address.port()),
            std::net::IpAddr::V4(_) => SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), self.address.port()),
            std::net::IpAddr::V6(_) => SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), self.address.port()),
        };
        format!("{scheme}://{host}{path}")
    }

    /// For people.
    pub(super) fn text(&self, style: Style) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out, style);
        out
    }

    fn write(&self, out: &mut String, style: Style) -> std::fmt::Result {
        writeln!(out, "{}", style.strong(format_args!("{} is up", self.charter.name)))?;
        let place = self.data.map_or("in memory: it is gone when this process ends".to_owned(), |data| {
            format!("data in {}", data.display())
        });
        writeln!(out, "It is {}; its clock {}; {place}.\n", utc(self.now_seconds), self.pace)?;

        writeln!(out, "{}", style.strong("Chains"))?;
        for chain in &self.deployment.chains {
            let root = if chain.governance { format!(", also {}", self.url("http", "/")) } else { String::new() };
            let url = self.url("http", &format!("/{}", chain.name));
            writeln!(out, "  {:<16} chain id {:<10} {url}{root}", chain.title, chain.chain_id)?;
        }
        writeln!(
            out,
            "  WebSockets are at the same addresses with ws://; {} has health and figures at /healthz, /readyz, /metrics.\n",
            self.url("http", "")
        )?;

        if self.accounts.is_empty() {
            writeln!(
                out,
                "No development accounts and no control of time and state: this network is reachable from other machines. --allow-control switches both on.\n"
            )?;
        } else {
            writeln!(out, "{}", style.strong("Development accounts, with 10,000 ether each on every chain"))?;
            let votes = accounts::votes(self.charter);
            for (account, votes) in self.accounts.iter().zip(votes) {
                let votes = if votes.is_zero() {
                    String::new()
                } else {
                    format!("  {} {}", accounts::whole(votes), self.charter.token.symbol)
                };
                writeln!(
                    out,
                    "  {} {}  {}{votes}",
                    account.name,
                    account.key.address(),
                    style.faint(accounts::secret(account))
                )?;
            }
            writeln!(
                out,
                "  The second column is the private key. These keys are public: never send anything of value to these accounts on a live chain."
            )?;
            for (role, account) in self.roles() {
                writeln!(out, "  Anyone may act for {role}, {account}.")?;
            }
            writeln!(out)?;
        }
        writeln!(out, "{}", style.strong("Next"))?;
        for step in self.steps() {
            writeln!(out, "  {step}")?;
        }
        Ok(())
    }

    fn roles(&self) -> Vec<(&'static str, Address)> {
        if self.control { accounts::roles(self.charter) } else { Vec::new() }
    }

    fn steps(&self) -> Vec<String> {
        let (index, due) = self.next_election;
        let mut steps = Vec::new();
        if due <= self.now_seconds {
            steps.push(format!("Election {index} is due since {}: create it with  ephor election create", utc(due)));
        } else {
            steps.push(format!("Election {index} can be created from {} on.", utc(due)));
            if self.control {
                steps.push(format!(
                    "Go there with  ephor clock advance --to {}  and create it with  ephor election create",
                    timestamp(due)
                ));
            }
        }
        steps.push("See where it stands with  ephor election status".to_owned());
        if self.address.port() != super::DEFAULT_PORT {
            steps.push(format!("Commands find this network with  --rpc {}", self.url("http", "")));
        }
        steps
    }

    /// For machines.
    pub(super) fn json(&self) -> Value {
        let chains: Vec<Value> = self
            .deployment
            .chains
            .iter()
            .map(|chain| {
                json!({
                    "name": chain.name,
                    "chain_id": chain.chain_id,
                    "governance": chain.governance,
                    "http": self.url("http", &format!("/{}", chain.name)),
                    "ws": self.url("ws", &format!("/{}", chain.name)),
                })
            })
            .collect();
        let votes = accounts::votes(self.charter);
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .zip(votes)
            .map(|(account, votes)| {
                json!({ "name": account.name, "address": account.key.address(), "private_key": accounts::secret(account), "votes": votes.to_string() })
            })
            .collect();
        json!({
            "charter": self.charter.name,
            "address": self.address,
            "http": self.url("http", "/"),
            "ws": self.url("ws", "/"),
            "chains": chains,
            "accounts": accounts,
            "control": self.control,
            "now_seconds": self.now_seconds,
            "data": self.data,
            "next_election": { "index": self.next_election.0, "due_seconds": self.next_election.1 },
        })
    }
}

fn timestamp(seconds: u64) -> Timestamp {
    i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::MAX)
}
