//! Messages between an Arbitrum chain and its parent: their encoding, and what each is called.
//!
//! Up, a message is an [`Item`] of the send tree. Down, it is a retryable ticket: a [`Submission`], which the inbox logs as the
//! concatenation of its members, each address as a word. The ticket's id is the hash of the transaction of type `0x69` that
//! creates it, so a relayer computes it from the parent chain's logs alone. Source: the Nitro contracts and
//! `go-ethereum`'s `ArbitrumSubmitRetryableTx`.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

use crate::bridge::{IArbSys::L2ToL1Tx, IOutbox::executeTransactionCall};

/// A message to the parent chain, as the outbox there identifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Who sent it.
    pub sender: Address,
    /// Whom it calls.
    pub to: Address,
    /// The child chain's block.
    pub l2_block: U256,
    /// The parent chain's block.
    pub l1_block: U256,
    /// Seconds since the Unix epoch.
    pub timestamp: U256,
    /// Wei.
    pub value: U256,
    /// Calldata.
    pub data: &'a [u8],
}

impl Item<'_> {
    /// The item hash: keccak of the packed members.
    #[must_use]
    pub fn hash(&self) -> B256 {
        let packed = (self.sender, self.to, self.l2_block, self.l1_block, self.timestamp, self.value);
        keccak256([packed.abi_encode_packed(), self.data.to_vec()].concat())
    }

    /// The call of the outbox that executes the message, by its place in the send tree and the proof of it.
    #[must_use]
    pub fn execution(&self, index: U256, proof: Vec<B256>) -> executeTransactionCall {
        executeTransactionCall {
            proof,
            index,
            l2Sender: self.sender,
            to: self.to,
            l2Block: self.l2_block,
            l1Block: self.l1_block,
            l2Timestamp: self.timestamp,
            value: self.value,
            data: self.data.to_vec().into(),
        }
    }
}

impl<'a> From<&'a L2ToL1Tx> for Item<'a> {
    /// The message that `ArbSys` logged.
    fn from(event: &'a L2ToL1Tx) -> Self {
        Self {
            sender: event.caller,
            to: event.destination,
            l2_block: event.arbBlockNum,
            l1_block: event.ethBlockNum,
            timestamp: event.timestamp,
            value: event.callvalue,
            data: &event.data,
        }
    }
}

/// What `createRetryableTicket` sends to the child chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Whom the ticket calls.
    pub to: Address,
    /// Wei the call carries.
    pub l2_call_value: U256,
    /// Wei deposited with the message.
    pub deposit: U256,
    /// Wei offered for keeping the ticket.
    pub max_submission_cost: U256,
    /// Gets what the fees leave over.
    pub excess_fee_refund: Address,
    /// Gets the call's value if the ticket expires.
    pub call_value_refund: Address,
    /// Gas for the first attempt; none means no automatic one.
    pub gas_limit: U256,
    /// Wei per gas for the first attempt.
    pub max_fee_per_gas: U256,
    /// Calldata.
    pub data: Vec<u8>,
}

impl Submission {
    /// The message as the inbox logs it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let word = |account: Address| U256::from_be_bytes(account.into_word().0);
        let words = (
            word(self.to),
            self.l2_call_value,
            self.deposit,
            self.max_submission_cost,
            word(self.excess_fee_refund),
            word(self.call_value_refund),
            self.gas_limit,
            self.max_fee_per_gas,
            U256::from(self.data.len()),
        );
        [words.abi_encode_packed(), self.data.clone()].concat()
    }

    /// Reads a message of the inbox; `None` if it is not one that creates a ticket.
    #[must_use]
    pub fn decode(message: &[u8]) -> Option<Self> {
        let (words, data) = message.split_at_checked(9 * 32)?;
        let word = |i: usize| U256::from_be_slice(&words[i * 32..(i + 1) * 32]);
        let account = |i: usize| Address::from_word(B256::from(word(i).to_be_bytes::<32>()));
        if word(8) != U256::from(data.len()) {
            return None;
        }
        Some(Self {
            to: account(0),
            l2_call_value: word(1),
            deposit: word(2),
            max_submission_cost: word(3),
            excess_fee_refund: account(4),
            call_value_refund: account(5),
            gas_limit: word(6),
            max_fee_per_gas: word(7),
            data: data.to_vec(),
        })
    }

    /// The ticket's id on the child chain. `sender` is the aliased sender that the bridge logged.
    #[must_use]
    pub fn id(&self, chain_id: u64, message_number: U256, sender: Address, l1_base_fee: U256) -> B256 {
        let mut list = Vec::new();
        rlp_number(&mut list, U256::from(chain_id));
        rlp_bytes(&mut list, &message_number.to_be_bytes::<32>());
        rlp_bytes(&mut list, sender.as_slice());
        for number in [l1_base_fee, self.deposit, self.max_fee_per_gas, self.gas_limit] {
            rlp_number(&mut list, number);
        }
        // A ticket that creates a contract names no recipient.
        rlp_bytes(&mut list, if self.to.is_zero() { &[] } else { self.to.as_slice() });
        rlp_number(&mut list, self.l2_call_value);
        rlp_bytes(&mut list, self.call_value_refund.as_slice());
        rlp_number(&mut list, self.max_submission_cost);
        rlp_bytes(&mut list, self.excess_fee_refund.as_slice());
        rlp_bytes(&mut list, &self.data);
        let mut transaction = alloc::vec![0x69];
        rlp_header(&mut transaction, 0xc0, list.len());
        transaction.extend_from_slice(&list);
        keccak256(transaction)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "lengths below 56, and the count of length bytes, fit in a byte")]
fn rlp_header(out: &mut Vec<u8>, offset: u8, length: usize) {
    if length < 56 {
        out.push(offset + length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[length.leading_zeros() as usize / 8..];
        out.push(offset + 55 + significant.len() as u8);
        out.extend_from_slice(significant);
    }
}

fn rlp_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if !matches!(bytes, [0..=0x7f]) {
        rlp_header(out, 0x80, bytes.len());
    }
    out.extend_from_slice(bytes);
}

fn rlp_number(out: &mut Vec<u8>, number: U256) {
    rlp_bytes(out, &number.to_be_bytes_trimmed_vec());
}
