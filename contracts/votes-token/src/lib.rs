//! The voting token: ERC-20 with delegation, checkpoints and permit.
//!
//! ```text
//! transfer · mint · burn ─▶ balances ─▶ votes of the holders' delegates ─▶ checkpoints by block
//! delegate ──────────────────────────▶ votes of the old and new delegate ─▶ checkpoints by block
//! ```
//! Everything a governor asks (the votes of an account, the total supply, each at the end of a block) is answered from
//! checkpoints. Invariant: the votes of a delegate are the sum of the balances of those who delegate to it, and the sum of all
//! balances is the total supply. The zero address holds nothing and has no votes. "Block" is what the EVM's `block.number` is: on
//! Arbitrum chains the block of the parent chain.
//!
//! Source: the ABI, storage layout and traces of the deployed contract (ERC-20, ERC-2612, ERC20Votes, ERC-677 transfer).

#![cfg_attr(target_arch = "wasm32", no_std, no_main, allow(missing_docs, reason = "the macro's entry point"))]

extern crate alloc;

mod balances;
mod issuance;
mod permit;
mod votes;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    common::INamed,
    token::{ITransferAndCall, ITransferReceiver, IVotesToken},
};
use ephor_parts::{
    Checked, Eip712, Gap, Outcome, Revert, call, dispatch, emit,
    initializer::{Initializable, InitializableStorage},
    ownable::{self, Ownable, OwnableStorage},
    require,
    text::Text,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageU256},
};

use crate::{
    balances::Balances,
    issuance::{MIN_MINT_INTERVAL_SECONDS, MINT_CAP_DENOMINATOR, MINT_CAP_NUMERATOR},
    permit::Nonces,
    votes::Votes,
};

/// Storage of the contract.
#[entrypoint]
#[storage]
pub struct VotesToken {
    initializable: InitializableStorage,
    _context: Gap<50>,
    balances: Balances,
    _burnable: Gap<50>,
    eip712: Eip712,
    nonces: Nonces,
    votes: Votes,
    ownable: OwnableStorage,
    l1_address: StorageAddress,
    next_mint: StorageU256,
}

impl Initializable for VotesToken {
    fn initializable(&self) -> &InitializableStorage {
        &self.initializable
    }

    fn initializable_mut(&mut self) -> &mut InitializableStorage {
        &mut self.initializable
    }
}

impl Ownable for VotesToken {
    fn ownable(&self) -> &OwnableStorage {
        &self.ownable
    }

    fn ownable_mut(&mut self) -> &mut OwnableStorage {
        &mut self.ownable
    }
}

// What runs most often comes first.
dispatch! {
    VotesToken;
    nonpayable IVotesToken::getPastVotesCall => get_past_votes(account: Address, block: U256);
    nonpayable IVotesToken::transferCall => transfer(to: Address, amount: U256);
    nonpayable IVotesToken::delegateCall => delegate(delegatee: Address);
    nonpayable IVotesToken::getPastTotalSupplyCall => get_past_total_supply(block: U256);
    nonpayable IVotesToken::balanceOfCall => balance_of(account: Address);
    nonpayable IVotesToken::getVotesCall => get_votes(account: Address);
    nonpayable IVotesToken::delegatesCall => delegates(account: Address);
    nonpayable IVotesToken::transferFromCall => transfer_from(from: Address, to: Address, amount: U256);
    nonpayable IVotesToken::DOMAIN_SEPARATORCall => domain_separator();
    nonpayable IVotesToken::MINT_CAP_DENOMINATORCall => mint_cap_denominator();
    nonpayable IVotesToken::MINT_CAP_NUMERATORCall => mint_cap_numerator();
    nonpayable IVotesToken::MIN_MINT_INTERVALCall => min_mint_interval();
    nonpayable IVotesToken::allowanceCall => allowance(owner: Address, spender: Address);
    nonpayable IVotesToken::approveCall => approve(spender: Address, amount: U256);
    nonpayable IVotesToken::burnCall => burn(amount: U256);
    nonpayable IVotesToken::burnFromCall => burn_from(account: Address, amount: U256);
    nonpayable IVotesToken::checkpointsCall => checkpoints(account: Address, index: u32);
    nonpayable IVotesToken::decimalsCall => decimals();
    nonpayable IVotesToken::decreaseAllowanceCall => decrease_allowance(spender: Address, subtracted: U256);
    nonpayable IVotesToken::delegateBySigCall =>
        delegate_by_sig(delegatee: Address, nonce: U256, expiry: U256, v: u8, r: B256, s: B256);
    nonpayable IVotesToken::increaseAllowanceCall => increase_allowance(spender: Address, added: U256);
    nonpayable IVotesToken::initializeCall => initialize(l1_address: Address, supply: U256, owner: Address);
    nonpayable IVotesToken::l1AddressCall => l1_address();
    nonpayable IVotesToken::mintCall => mint(recipient: Address, amount: U256);
    nonpayable IVotesToken::nextMintCall => next_mint();
    nonpayable IVotesToken::noncesCall => nonces(owner: Address);
    nonpayable IVotesToken::numCheckpointsCall => num_checkpoints(account: Address);
    nonpayable IVotesToken::permitCall =>
        permit(owner: Address, spender: Address, value: U256, deadline: U256, v: u8, r: B256, s: B256);
    nonpayable IVotesToken::symbolCall => symbol();
    nonpayable IVotesToken::totalSupplyCall => total_supply();
    nonpayable IVotesToken::transferAndCallCall => transfer_and_call(to: Address, value: U256, data: Bytes);
    nonpayable INamed::nameCall => name();
    inherit [ownable::routes];
}

/// What moves tokens and votes.
impl VotesToken {
    /// Moves `amount` of the caller's. Emits `Transfer`, and `DelegateVotesChanged` for each delegate concerned.
    fn transfer(&mut self, to: Address, amount: U256) -> Outcome<bool> {
        let from = self.vm().msg_sender();
        self.send(from, to, amount)?;
        Ok(true)
    }

    /// Moves `amount` out of the caller's allowance. Emits `Approval`, and what `transfer` emits.
    fn transfer_from(&mut self, from: Address, to: Address, amount: U256) -> Outcome<bool> {
        let spender = self.vm().msg_sender();
        self.balances.spend_allowance(from, spender, amount)?;
        self.send(from, to, amount)?;
        Ok(true)
    }

    /// Moves `value` of the caller's and tells the recipient, if it is a contract, which may refuse. Emits what `transfer` emits, and
    /// `Transfer` with the data.
    fn transfer_and_call(&mut self, to: Address, value: U256, data: Bytes) -> Outcome<bool> {
        let from = self.vm().msg_sender();
        self.send(from, to, value)?;
        let event = ITransferAndCall::Transfer { from, to, value, data };
        emit(self.vm(), &event);
        if call::is_contract(self.vm(), to) {
            let notice = ITransferReceiver::onTokenTransferCall { sender: from, value, data: event.data };
            call::call(self.vm(), to, U256::ZERO, &notice.abi_encode()).map_err(Revert::bubble)?;
        }
        Ok(true)
    }

    /// Names the account that votes with the caller's balance. Emits `DelegateChanged` and `DelegateVotesChanged`.
    fn delegate(&mut self, delegatee: Address) -> Outcome {
        let delegator = self.vm().msg_sender();
        self.votes.delegate(delegator, self.balances.of(delegator), delegatee)
    }

    /// Sets what `spender` may spend for the caller. Emits `Approval`.
    fn approve(&mut self, spender: Address, amount: U256) -> Outcome<bool> {
        let owner = self.vm().msg_sender();
        self.balances.approve(owner, spender, amount)?;
        Ok(true)
    }

    /// Raises what `spender` may spend for the caller. Emits `Approval`.
    fn increase_allowance(&mut self, spender: Address, added: U256) -> Outcome<bool> {
        let owner = self.vm().msg_sender();
        let allowance = self.balances.allowance(owner, spender).plus(added)?;
        self.balances.approve(owner, spender, allowance)?;
        Ok(true)
    }

    /// Lowers what `spender` may spend for the caller. Emits `Approval`.
    fn decrease_allowance(&mut self, spender: Address, subtracted: U256) -> Outcome<bool> {
        let owner = self.vm().msg_sender();
        let allowance = self.balances.allowance(owner, spender);
        require(allowance >= subtracted, "ERC20: decreased allowance below zero")?;
        self.balances.approve(owner, spender, allowance - subtracted)?;
        Ok(true)
    }

    fn send(&mut self, from: Address, to: Address, amount: U256) -> Outcome {
        self.balances.transfer(from, to, amount)?;
        self.votes.follow(from, to, amount)
    }
}

/// What may be asked.
impl VotesToken {
    fn get_past_votes(&self, account: Address, block: U256) -> Outcome<U256> {
        self.votes.of_at(account, block)
    }

    fn get_past_total_supply(&self, block: U256) -> Outcome<U256> {
        self.votes.total_supply_at(block)
    }

    fn get_votes(&self, account: Address) -> Outcome<U256> {
        Ok(self.votes.of(account))
    }

    fn delegates(&self, account: Address) -> Outcome<Address> {
        Ok(self.votes.delegate_of(account))
    }

    fn num_checkpoints(&self, account: Address) -> Outcome<u32> {
        self.votes.checkpoints_of(account)
    }

    fn checkpoints(&self, account: Address, index: u32) -> Outcome<(u32, U256)> {
        self.votes.checkpoint(account, index)
    }

    fn balance_of(&self, account: Address) -> Outcome<U256> {
        Ok(self.balances.of(account))
    }

    fn allowance(&self, owner: Address, spender: Address) -> Outcome<U256> {
        Ok(self.balances.allowance(owner, spender))
    }

    fn total_supply(&self) -> Outcome<U256> {
        Ok(self.balances.total_supply())
    }

    fn name(&self) -> Outcome<Text> {
        Ok(self.balances.name())
    }

    fn symbol(&self) -> Outcome<Text> {
        Ok(self.balances.symbol())
    }

    /// One token is 10^18 of its units.
    fn decimals(&self) -> Outcome<u8> {
        Ok(18)
    }

    fn nonces(&self, owner: Address) -> Outcome<U256> {
        Ok(self.nonces.of(owner))
    }

    fn domain_separator(&self) -> Outcome<B256> {
        Ok(self.eip712.domain_separator())
    }

    fn mint_cap_numerator(&self) -> Outcome<U256> {
        Ok(MINT_CAP_NUMERATOR)
    }

    fn mint_cap_denominator(&self) -> Outcome<U256> {
        Ok(MINT_CAP_DENOMINATOR)
    }

    fn min_mint_interval(&self) -> Outcome<U256> {
        Ok(MIN_MINT_INTERVAL_SECONDS)
    }

    /// The token's counterpart on the parent chain.
    fn l1_address(&self) -> Outcome<Address> {
        Ok(self.l1_address.get())
    }

    /// The second from which the owner may mint again.
    fn next_mint(&self) -> Outcome<U256> {
        Ok(self.next_mint.get())
    }
}
