//! Acting: pools into blocks, and what is done without a transaction.
//!
//! A transaction on a chain with slots takes the next slot, so mining one moves the clock; the bridges see each block before anybody is
//! told of it.

use alloy_primitives::{Address, B256, U256};
use ephor_chain::{BlockTime, Code, Message as Call, Mined, Status, TxError, TxResult};
use ephor_stand_ins::SYSTEM;

use crate::{error::NetworkError, events::NetworkEvent, network::Network, pool::weighed};

impl Network {
    /// Makes a block of a chain's pending transactions, and lets the bridges see it.
    ///
    /// # Errors
    /// As [`Chain::mine`](ephor_chain::Chain::mine); what a bridge cannot do.
    pub fn mine(&mut self, chain_id: u64) -> Result<Mined, NetworkError> {
        let mined = self.mine_silently(chain_id)?;
        self.follow(chain_id, mined.number)?;
        Ok(mined)
    }

    fn mine_silently(&mut self, chain_id: u64) -> Result<Mined, NetworkError> {
        let next = self.chain(chain_id)?.next_time().timestamp;
        if next > self.clock.now_seconds() {
            self.clock.advance_to(next)?;
            self.settle_earlier_than(chain_id)?;
        }
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        let hosted = self.hosted.get_mut(&chain_id).ok_or(NetworkError::UnknownChain(chain_id))?;
        let mined = hosted.chain.mine(time)?;
        hosted.waiting_bytes = weighed(&hosted.chain);
        self.tell(&NetworkEvent::Block { chain_id, number: mined.number, hash: mined.hash });
        Ok(mined)
    }

    /// Brings the other chains to the clock's time; `mining` gets there by its block.
    fn settle_earlier_than(&mut self, mining: u64) -> Result<(), NetworkError> {
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        self.settle(time, Some(mining))
    }

    /// Sends one message in the name of anybody and mines it. Rehearsal chains only.
    ///
    /// # Errors
    /// When the message is refused, not when it reverts.
    pub fn send(&mut self, chain_id: u64, call: Call) -> Result<TxResult, NetworkError> {
        let hash = self.impersonate(chain_id, call)?;
        let mined = self.mine(chain_id)?;
        result_of(mined, hash)
    }

    /// Runs a transaction of the system.
    pub(crate) fn run_system(
        &mut self,
        chain_id: u64,
        source: B256,
        call: Call,
        mint: U256,
        doing: &'static str,
    ) -> Result<Status, NetworkError> {
        let hash = self.chain_mut(chain_id)?.submit_system(source, call, mint)?;
        self.tell(&NetworkEvent::Pending { chain_id, hash });
        let mined = self.mine(chain_id)?;
        let found = mined.results.iter().find(|result| result.hash == hash);
        Ok(found.ok_or(NetworkError::Bridge { chain: chain_id, doing })?.status.clone())
    }

    /// Puts code and slots at an address without a transaction. Rehearsal chains only.
    ///
    /// # Errors
    /// [`NetworkError::UnknownChain`], or what the chain refuses.
    pub fn install(
        &mut self,
        chain_id: u64,
        address: Address,
        code: &Code,
        storage: impl IntoIterator<Item = (U256, U256)>,
    ) -> Result<(), NetworkError> {
        Ok(self.chain_mut(chain_id)?.install(address, code, storage)?)
    }

    /// Runs the constructor of the program at an address.
    ///
    /// # Errors
    /// [`NetworkError::Constructor`] when it reverts.
    pub fn construct(&mut self, chain_id: u64, at: Address, args: &[u8]) -> Result<(), NetworkError> {
        let data = [&ephor_chain::CONSTRUCTOR_SELECTOR.to_be_bytes()[..], args].concat();
        let result = self.send(chain_id, Call::call(SYSTEM, at, data))?;
        if result.status == Status::Success {
            return Ok(());
        }
        let why = ephor_abi::catalog::decode_revert(&result.output).to_string();
        Err(NetworkError::Constructor { chain: chain_id, at, why })
    }

    /// Whether a transaction sent by JSON-RPC is mined at once.
    #[must_use]
    pub const fn automine(&self) -> bool {
        self.automine
    }

    /// Chooses whether a transaction sent by JSON-RPC is mined at once, or waits for `evm_mine`.
    pub const fn set_automine(&mut self, automine: bool) {
        self.automine = automine;
    }
}

/// What became of one transaction of a block.
pub(crate) fn result_of(mined: Mined, hash: B256) -> Result<TxResult, NetworkError> {
    if let Some((_, fault)) = mined.dropped.into_iter().find(|(dropped, _)| *dropped == hash) {
        return Err(fault.into());
    }
    let found = mined.results.into_iter().find(|result| result.hash == hash);
    found.ok_or(NetworkError::Tx(TxError::AlreadyKnown { hash }))
}
