//! The development accounts: ten keys that everybody knows, with ether on every chain, half of them with votes.
//!
//! The key of `dev3` is `keccak256("ephor development account 3")`. Each of `dev0` to `dev4` holds a twenty-fifth of the votable supply and has delegated
//! it to itself: one of them is enough to make contenders nominees, and three reach the quorum of a removal. `dev5` to `dev9` hold
//! nothing but ether; they make good contenders.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use ephor_charter::Charter;
use ephor_deploy::Allocation;
use ephor_network::{Network, NetworkError, rpc::DevAccount};

/// How many there are.
const ACCOUNTS: usize = 10;
/// How many of them hold tokens.
const VOTERS: usize = 5;
/// The part of the votable supply that each of those holds: one in so many.
const SHARE: u64 = 25;
/// Ether of each, on each chain.
const ETHER: u64 = 10_000;

/// The accounts, in order.
pub(super) fn all() -> Vec<DevAccount> {
    (0..ACCOUNTS).map(|number| DevAccount { name: format!("dev{number}"), key: key(number) }).collect()
}

/// The key that follows from a number. A hash that is no key is as likely as guessing somebody's key; then it is hashed again.
fn key(number: usize) -> PrivateKeySigner {
    let mut secret = keccak256(format!("ephor development account {number}"));
    loop {
        match PrivateKeySigner::from_bytes(&secret) {
            Ok(key) => return key,
            Err(_) => secret = keccak256(secret),
        }
    }
}

/// The secret of a key, to be shown.
pub(super) fn secret(account: &DevAccount) -> B256 {
    account.key.to_bytes()
}

/// The votes of each account, in order.
pub(super) fn votes(charter: &Charter) -> Vec<U256> {
    let share = charter.token.votable_supply() / U256::from(SHARE);
    (0..ACCOUNTS).map(|number| if number < VOTERS { share } else { U256::ZERO }).collect()
}

/// Who is handed votes when the charter is stood up.
pub(super) fn allocations(charter: &Charter, accounts: &[DevAccount]) -> Vec<Allocation> {
    let votes = accounts.iter().zip(votes(charter)).filter(|(_, votes)| !votes.is_zero());
    votes.map(|(account, votes)| Allocation { account: account.key.address(), votes }).collect()
}

/// Gives each account its ether on every chain, and mines a block on each whose header commits to it.
pub(super) fn fund(network: &mut Network, accounts: &[DevAccount]) -> Result<(), NetworkError> {
    let wei = U256::from(ETHER) * U256::from(10).pow(U256::from(18));
    for chain in network.chain_ids().to_vec() {
        for account in accounts.iter().map(|account| account.key.address()) {
            network.chain_mut(chain)?.set_balance(account, wei)?;
        }
        network.mine(chain)?;
    }
    Ok(())
}

/// An amount of the token in whole tokens.
pub(super) fn whole(amount: U256) -> String {
    crate::words::grouped(&(amount / U256::from(10).pow(U256::from(18))).to_string())
}

/// The accounts that act in the charter by themselves: whom a rehearsal lets anyone act for.
pub(super) fn roles(charter: &Charter) -> Vec<(&'static str, Address)> {
    let members = charter.council.addresses().concat();
    let first = members.first().map(|member| ("a member of the council", *member));
    [("the vetter of nominees", charter.election.vetter)].into_iter().chain(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_the_same_everywhere_and_for_ever() {
        let accounts = all();
        assert_eq!(accounts.len(), ACCOUNTS);
        assert_eq!(secret(&accounts[3]), keccak256("ephor development account 3"));
        let golden = "0x35EDD9138553324E71990C89ad6B3cf0CD365DCe";
        assert_eq!(accounts[0].key.address().to_string(), golden);
    }

    #[test]
    fn one_account_makes_a_nominee_and_three_reach_the_quorum_of_a_removal() {
        for charter in
            [include_str!("../../../../charters/minimal.toml"), include_str!("../../../../charters/arbitrum.toml")]
        {
            let charter = Charter::parse("charter", charter).unwrap();
            let (share, supply) = (votes(&charter)[0], charter.token.votable_supply());
            let part = |of: ephor_charter::Fraction| supply * U256::from(of.numerator) / U256::from(of.denominator);
            assert!(share >= part(charter.election.threshold));
            assert!(share * U256::from(3) >= part(charter.removal.quorum));
        }
    }
}
