//! Time: moving the one clock, and every chain with it.
//!
//! ```text
//! now ─▶ the next moment at which a message is due ─▶ what the bridges do then ─▶ … ─▶ the time asked for
//! ```

use ephor_chain::BlockTime;

use crate::{clock::ClockError, error::NetworkError, events::NetworkEvent, network::Network};

impl Network {
    /// Moves the clock, and with it everything that becomes due on the way.
    ///
    /// # Errors
    /// [`ClockError::Backwards`]; what a bridge cannot do.
    pub fn advance_to(&mut self, seconds: u64) -> Result<(), NetworkError> {
        let now = self.clock.now_seconds();
        if seconds < now {
            return Err(ClockError::Backwards { now, asked: seconds }.into());
        }
        while let Some(due) = self.next_due_seconds().filter(|due| *due <= seconds) {
            self.clock.advance_to(due.max(self.clock.now_seconds()))?;
            self.settle_time()?;
            self.carry()?;
        }
        // What the bridges did on the way may have taken slots beyond the time asked for.
        self.clock.advance_to(seconds.max(self.clock.now_seconds()))?;
        self.settle_time()
    }

    /// Moves the clock to the beginning of an L1 block.
    ///
    /// # Errors
    /// As [`Self::advance_to`].
    pub fn advance_to_l1_block(&mut self, l1_block: u64) -> Result<(), NetworkError> {
        self.advance_to(self.clock.seconds_of(l1_block).max(self.clock.now_seconds()))
    }

    /// Brings every chain to the clock's time.
    pub(crate) fn settle_time(&mut self) -> Result<(), NetworkError> {
        let time = BlockTime { timestamp: self.clock.now_seconds(), l1_block: self.clock.l1_block() };
        self.settle(time, None)
    }

    /// Brings every chain but one to a time, and tells of the empty blocks that come about so.
    pub(crate) fn settle(&mut self, time: BlockTime, except: Option<u64>) -> Result<(), NetworkError> {
        let mut moved = Vec::new();
        for (id, hosted) in &mut self.hosted {
            if Some(*id) != except && hosted.chain.now().timestamp < time.timestamp {
                let before = hosted.chain.head();
                hosted.chain.advance(time)?;
                let number = hosted.chain.head();
                if number != before && !self.observers.is_empty() {
                    let hash = hosted.chain.block_hash(number).unwrap_or_default();
                    moved.push(NetworkEvent::Block { chain_id: *id, number, hash });
                }
            }
        }
        moved.iter().for_each(|event| self.tell(event));
        Ok(())
    }
}
