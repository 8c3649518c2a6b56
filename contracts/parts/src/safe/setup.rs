//! Setting an account up, once: owners, threshold, handler, a delegate call to configure the rest, and who pays for it.
//!
//! An account is set up if and only if its threshold is not zero. The function is open to anyone: a proxy is created and set up in one
//! transaction, and the code behind proxies is [locked](Setup::lock) by its constructor.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ephor_abi::safe::ISafe::{self, SafeSetup};
use stylus_sdk::prelude::*;

use super::{
    Operation, Release, SENTINEL, SafeAccount, Settings, Transactions,
    calldata::{Blob, Masked, Masks},
    execute,
};
use crate::{
    call::is_contract,
    log::emit_raw,
    revert::{Outcome, Revert, require},
    routes,
};

routes! {
    /// Calls that set an account up.
    pub fn routes<C: Setup>;
    nonpayable ISafe::setupCall => setup(
        owners: Masks<'_>, threshold: U256, to: Masked, data: Blob<'_>, handler: Masked, token: Masked, payment: U256,
        receiver: Masked
    );
}

/// Setting an account up.
pub trait Setup: Settings + Transactions {
    /// Makes `owners` the owners, of whom `threshold` act together; delegate-calls `to` with `data` unless `to` is zero; pays `payment` of
    /// `token` (ether if zero) to `receiver` (the transaction's sender if zero). Emits `SafeSetup`.
    ///
    /// # Errors
    /// `GS200` when set up already, `GS201`, `GS202`, `GS203`, `GS204` as for [owners](super::owners), `GS100`, `GS002`, `GS000` when
    /// the delegate call fails, `GS011`, `GS012` when the payment does.
    #[allow(clippy::too_many_arguments, reason = "the interface's")]
    fn setup(
        &mut self,
        owners: Masks<'_>,
        threshold: U256,
        to: Masked,
        data: Blob<'_>,
        handler: Masked,
        token: Masked,
        payment: U256,
        receiver: Masked,
    ) -> Outcome {
        self.set_up_owners(&owners.to_vec(), threshold)?;
        if !handler.0.is_zero() {
            self.write_fallback_handler(handler.0)?;
        }
        self.set_up_modules(to.0, data.0)?;
        if !payment.is_zero() {
            self.pay(payment, U256::ZERO, U256::ONE, token.0, receiver.0)?;
        }
        self.announce_setup(&owners, threshold, to.0, handler.0);
        Ok(())
    }

    /// The first owners.
    ///
    /// # Errors
    /// See [`setup`](Self::setup).
    fn set_up_owners(&mut self, owners: &[Address], threshold: U256) -> Outcome {
        let safe = self.vm().contract_address();
        let count = U256::from(owners.len());
        let account = self.account_mut();
        require(account.threshold.get().is_zero(), "GS200")?;
        require(threshold <= count, "GS201")?;
        require(threshold >= U256::ONE, "GS202")?;
        let mut last = SENTINEL;
        for owner in owners.iter().copied() {
            let possible = !owner.is_zero() && owner != SENTINEL && owner != safe && owner != last;
            require(possible, "GS203")?;
            require(account.owners.get(owner).is_zero(), "GS204")?;
            account.owners.setter(last).set(owner);
            last = owner;
        }
        account.owners.setter(last).set(SENTINEL);
        account.owner_count.set(count);
        account.threshold.set(threshold);
        Ok(())
    }

    /// The empty list of modules, and the delegate call that may fill it.
    ///
    /// # Errors
    /// See [`setup`](Self::setup).
    fn set_up_modules(&mut self, to: Address, data: &[u8]) -> Outcome {
        let account = self.account_mut();
        require(account.modules.get(SENTINEL).is_zero(), "GS100")?;
        account.modules.setter(SENTINEL).set(SENTINEL);
        if to.is_zero() {
            return Ok(());
        }
        if Self::RELEASE >= Release::V1_4_1 {
            require(is_contract(self.vm(), to), "GS002")?;
        }
        let done = execute(self.vm(), to, U256::ZERO, data, Operation::DelegateCall, u64::MAX);
        require(done.is_ok(), "GS000")
    }

    /// Emits `SafeSetup`. The owners are announced as they came, dirty bits included, as the reference copies them from calldata.
    fn announce_setup(&self, owners: &Masks<'_>, threshold: U256, initializer: Address, handler: Address) {
        let count = U256::from(owners.raw().len() / 32);
        let head = [
            U256::from(128),
            threshold,
            U256::from_be_bytes(initializer.into_word().0),
            U256::from_be_bytes(handler.into_word().0),
            count,
        ];
        let mut data: Vec<u8> = head.iter().flat_map(U256::to_be_bytes::<32>).collect();
        data.extend_from_slice(owners.raw());
        let topics = [SafeSetup::SIGNATURE_HASH, self.vm().msg_sender().into_word()];
        emit_raw(self.vm(), &topics, &data);
    }

    /// Makes the code behind proxies unusable as an account of its own.
    ///
    /// # Errors
    /// No data when it is in use: the constructor of code that a foreign proxy stands before could be called through it.
    fn lock(&mut self) -> Outcome {
        let account = self.account_mut();
        if !account.threshold.get().is_zero() {
            return Err(Revert::empty());
        }
        account.threshold.set(U256::ONE);
        Ok(())
    }
}

impl<C: SafeAccount> Setup for C {}
