//! Transactions of the owners: what they sign, how it runs, and who pays.
//!
//! ```text
//! hash(transaction, nonce) ─▶ nonce + 1 ─▶ signatures ─▶ guard ─▶ gas ─▶ execute ─▶ refund ─▶ event ─▶ guard
//! ```
//! The nonce counts attempts that did not revert: a failed transaction is used up if it named its gas or a gas price (so that somebody
//! can be refunded for trying), else all of it is undone (`GS013`). Failures: `GS010` not enough gas, `GS011` and `GS012` the refund
//! in ether or in a token failed. Source: the traces of the deployed contracts, EIP-712.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_sol_types::SolCall;
use ephor_abi::{
    safe::{IGuard, ISafe},
    token::IVotesToken,
};
use ephor_rules::division::quotient;
use stylus_sdk::prelude::*;

use super::{
    Operation, SafeAccount, Settings, Signatures,
    calldata::{Blob, Masked, OperationByte},
    execute,
};
use crate::{
    call::{call_with_gas, invoke},
    calldata::{Decode, Decoder},
    revert::{Outcome, Revert, require},
    routes,
};

/// `EIP712Domain(uint256 chainId,address verifyingContract)`.
const DOMAIN_TYPE_HASH: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");
/// `SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address
/// gasToken,address refundReceiver,uint256 nonce)`.
const SAFE_TX_TYPE_HASH: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");
/// What a plain transfer of ether may cost its receiver.
const TRANSFER_GAS: u64 = 2300;

/// What the owners agree to, but for the nonce.
#[derive(Clone, Copy, Debug)]
pub struct SafeTransaction<'a> {
    /// The target.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: &'a [u8],
    /// How the target is reached.
    pub operation: OperationByte,
    /// Gas that the target gets at least; zero for all there is.
    pub safe_tx_gas: U256,
    /// Gas refunded on top of what the execution took.
    pub base_gas: U256,
    /// Refund for a unit of gas; zero for none.
    pub gas_price: U256,
    /// The token of the refund; zero for ether.
    pub gas_token: Address,
    /// Who is refunded; zero for the sender of the transaction.
    pub refund_receiver: Address,
}

/// In calldata its members stand as nine arguments of their own.
impl<'a> Decode<'a> for SafeTransaction<'a> {
    const HEAD: u128 = 9 * 32;

    fn decode(from: Decoder<'a>, head: u128) -> Outcome<Self> {
        let at = |index: u128| head + 32 * index;
        Ok(Self {
            to: Masked::decode(from, at(0))?.0,
            value: U256::decode(from, at(1))?,
            data: Blob::decode(from, at(2))?.0,
            operation: OperationByte::decode(from, at(3))?,
            safe_tx_gas: U256::decode(from, at(4))?,
            base_gas: U256::decode(from, at(5))?,
            gas_price: U256::decode(from, at(6))?,
            gas_token: Masked::decode(from, at(7))?.0,
            refund_receiver: Masked::decode(from, at(8))?.0,
        })
    }
}

routes! {
    /// Calls about transactions of the owners.
    pub fn routes<C: Transactions>;
    payable ISafe::execTransactionCall => execute_transaction(transaction: SafeTransaction<'_>, signatures: Blob<'_>);
    nonpayable ISafe::nonceCall => nonce();
    nonpayable ISafe::getChainIdCall => chain_id();
    nonpayable ISafe::domainSeparatorCall => domain_separator();
    nonpayable ISafe::getTransactionHashCall => transaction_hash(transaction: SafeTransaction<'_>, nonce: U256);
    nonpayable ISafe::encodeTransactionDataCall => transaction_data(transaction: SafeTransaction<'_>, nonce: U256);
}

/// Transactions of the owners.
pub trait Transactions: Signatures + Settings {
    /// Runs a transaction that enough owners signed; returns whether it succeeded. Emits `ExecutionSuccess` or `ExecutionFailure`.
    ///
    /// # Errors
    /// As for [`signatures`](super::signatures), `GS010` to `GS013`, what the guard reverts with. Halts when there is no such operation.
    fn execute_transaction(&mut self, transaction: SafeTransaction<'_>, signatures: Blob<'_>) -> Outcome<bool> {
        let operation = transaction.operation.checked();
        self.announce_transaction(&transaction, signatures.0);
        let nonce = self.account().nonce.get();
        let signed = self.signed_data(&transaction, nonce);
        self.account_mut().nonce.set(nonce.wrapping_add(U256::ONE));
        let hash = self.vm().native_keccak256(&signed);
        self.check_signatures(hash, Blob(&signed), signatures)?;
        let guard = self.guard();
        if !guard.is_zero() {
            let asked = check_transaction_call(&transaction, signatures.0, self.vm().msg_sender());
            invoke(self.vm(), guard, U256::ZERO, &asked)?;
        }
        let success = self.run(&transaction, operation, hash)?;
        if !guard.is_zero() {
            let told = IGuard::checkAfterExecutionCall { txHash: hash, success };
            invoke(self.vm(), guard, U256::ZERO, &told)?;
        }
        Ok(success)
    }

    /// Executes and refunds; returns whether the target succeeded.
    ///
    /// # Errors
    /// `GS010` to `GS013`.
    fn run(&mut self, transaction: &SafeTransaction<'_>, operation: Operation, hash: B256) -> Outcome<bool> {
        let gas_left = self.vm().evm_gas_left();
        require(U256::from(gas_left) >= gas_needed(transaction.safe_tx_gas), "GS010")?;
        let gas = if transaction.gas_price.is_zero() {
            // Beyond zero the reference wraps around, to all the gas there is.
            gas_left.checked_sub(2500).unwrap_or(u64::MAX)
        } else {
            u64::try_from(transaction.safe_tx_gas).unwrap_or(u64::MAX)
        };
        let returned = execute(self.vm(), transaction.to, transaction.value, transaction.data, operation, gas);
        let gas_used = gas_left.saturating_sub(self.vm().evm_gas_left());
        let success = returned.is_ok();
        let used_up = success || !transaction.safe_tx_gas.is_zero() || !transaction.gas_price.is_zero();
        require(used_up, "GS013")?;
        let payment = if transaction.gas_price.is_zero() {
            U256::ZERO
        } else {
            let SafeTransaction { base_gas, gas_price, gas_token, refund_receiver, .. } = *transaction;
            self.pay(U256::from(gas_used), base_gas, gas_price, gas_token, refund_receiver)?
        };
        if success {
            Self::RELEASE.execution_success(self.vm(), hash, payment);
        } else {
            Self::RELEASE.execution_failure(self.vm(), hash, payment);
        }
        Ok(success)
    }

    /// Pays for gas, in ether at no more than the price of the transaction's gas; returns how much.
    ///
    /// # Errors
    /// `GS011`, `GS012`; no data on overflow.
    fn pay(&self, gas_used: U256, base_gas: U256, gas_price: U256, token: Address, receiver: Address) -> Outcome<U256> {
        let vm = self.vm();
        let receiver = if receiver.is_zero() { vm.tx_origin() } else { receiver };
        let gas = gas_used.checked_add(base_gas).ok_or_else(Revert::empty)?;
        let price = if token.is_zero() { gas_price.min(vm.tx_gas_price()) } else { gas_price };
        let payment = gas.checked_mul(price).ok_or_else(Revert::empty)?;
        if token.is_zero() {
            // A call that carries value comes with gas of its own.
            let gas = if payment.is_zero() { TRANSFER_GAS } else { 0 };
            require(call_with_gas(vm, receiver, payment, &[], gas).is_ok(), "GS011")?;
        } else {
            require(self.transfer_token(token, receiver, payment), "GS012")?;
        }
        Ok(payment)
    }

    /// Whether a transfer of a token succeeded: by returning nothing at all, or one word that is not zero.
    fn transfer_token(&self, token: Address, to: Address, amount: U256) -> bool {
        let vm = self.vm();
        let transfer = IVotesToken::transferCall { to, amount }.abi_encode();
        let gas = vm.evm_gas_left().checked_sub(10_000).unwrap_or(u64::MAX);
        match call_with_gas(vm, token, U256::ZERO, &transfer, gas) {
            Ok(returned) => returned.is_empty() || (returned.len() == 32 && returned.iter().any(|byte| *byte != 0)),
            Err(_) => false,
        }
    }

    /// The number of the next transaction.
    ///
    /// # Errors
    /// None.
    fn nonce(&self) -> Outcome<U256> {
        Ok(self.account().nonce.get())
    }

    /// The chain's id.
    ///
    /// # Errors
    /// None.
    fn chain_id(&self) -> Outcome<U256> {
        Ok(U256::from(self.vm().chain_id()))
    }

    /// What sets this account's signatures apart from those of others (EIP-712).
    ///
    /// # Errors
    /// None.
    fn domain_separator(&self) -> Outcome<B256> {
        Ok(self.domain())
    }

    /// See [`domain_separator`](Self::domain_separator).
    fn domain(&self) -> B256 {
        let vm = self.vm();
        let words = [DOMAIN_TYPE_HASH, U256::from(vm.chain_id()).into(), vm.contract_address().into_word()];
        vm.native_keccak256(&words.concat())
    }

    /// The hash that owners sign.
    ///
    /// # Errors
    /// None. Halts when there is no such operation.
    fn transaction_hash(&self, transaction: SafeTransaction<'_>, nonce: U256) -> Outcome<B256> {
        Ok(self.vm().native_keccak256(&self.signed_data(&transaction, nonce)))
    }

    /// What that hash is of.
    ///
    /// # Errors
    /// None. Halts when there is no such operation.
    fn transaction_data(&self, transaction: SafeTransaction<'_>, nonce: U256) -> Outcome<Bytes> {
        Ok(self.signed_data(&transaction, nonce).into())
    }

    /// `0x1901`, the domain and the transaction's struct hash (EIP-712).
    fn signed_data(&self, transaction: &SafeTransaction<'_>, nonce: U256) -> Vec<u8> {
        let vm = self.vm();
        let words: [B256; 11] = [
            SAFE_TX_TYPE_HASH,
            transaction.to.into_word(),
            transaction.value.into(),
            vm.native_keccak256(transaction.data),
            U256::from(transaction.operation.checked() as u8).into(),
            transaction.safe_tx_gas.into(),
            transaction.base_gas.into(),
            transaction.gas_price.into(),
            transaction.gas_token.into_word(),
            transaction.refund_receiver.into_word(),
            nonce.into(),
        ];
        let struct_hash = vm.native_keccak256(&words.concat());
        let domain = self.domain();
        [[0x19, 0x01].as_slice(), domain.as_slice(), struct_hash.as_slice()].concat()
    }
}

impl<C: SafeAccount> Transactions for C {}

/// The gas that must be left: what the target gets, of which a call keeps back one part in 64, and some for the events after it. All of
/// it wraps around, as in the reference.
fn gas_needed(safe_tx_gas: U256) -> U256 {
    let with_kept_back = quotient(safe_tx_gas.wrapping_mul(U256::from(64)), U256::from(63));
    with_kept_back.max(safe_tx_gas.wrapping_add(U256::from(2500))).wrapping_add(U256::from(500))
}

/// What the guard is asked.
fn check_transaction_call(
    transaction: &SafeTransaction<'_>,
    signatures: &[u8],
    sender: Address,
) -> IGuard::checkTransactionCall {
    IGuard::checkTransactionCall {
        to: transaction.to,
        value: transaction.value,
        data: transaction.data.to_vec().into(),
        operation: transaction.operation.checked() as u8,
        safeTxGas: transaction.safe_tx_gas,
        baseGas: transaction.base_gas,
        gasPrice: transaction.gas_price,
        gasToken: transaction.gas_token,
        refundReceiver: transaction.refund_receiver,
        signatures: signatures.to_vec().into(),
        msgSender: sender,
    }
}
