//! How much there is: everything at first, and a bounded inflation later.
//!
//! The owner may mint at most two per cent of the supply, and then not again for a year; burning does not shorten the wait.

use alloy_primitives::{Address, U256, uint};
use ephor_parts::{Checked, Outcome, initializer::Initializable, ownable::Ownable, require};
use ephor_rules::division::quotient;
use stylus_sdk::prelude::*;

use crate::VotesToken;

/// The numerator of the part of the supply that may be minted at a time.
pub(crate) const MINT_CAP_NUMERATOR: U256 = uint!(200_U256);

/// The denominator of the part of the supply that may be minted at a time.
pub(crate) const MINT_CAP_DENOMINATOR: U256 = uint!(10_000_U256);

/// The seconds between one minting and the next: 365 days.
pub(crate) const MIN_MINT_INTERVAL_SECONDS: U256 = uint!(31_536_000_U256);

/// What the supply must not exceed, so that all votes fit in a checkpoint: 2^224 − 1.
const GREATEST_SUPPLY: U256 = uint!(0x00000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffff_U256);

impl VotesToken {
    /// Names the token, gives `owner` the whole supply and the right to mint, and remembers the token's counterpart on the parent
    /// chain. Once only. Emits `OwnershipTransferred`, `Transfer` and `Initialized`.
    pub(crate) fn initialize(&mut self, l1_address: Address, supply: U256, owner: Address) -> Outcome {
        self.initialize_once(|token| {
            require(!l1_address.is_zero(), "ARB: ZERO_L1TOKEN_ADDRESS")?;
            require(!supply.is_zero(), "ARB: ZERO_INITIAL_SUPPLY")?;
            require(!owner.is_zero(), "ARB: ZERO_OWNER")?;

            token.balances.init("Arbitrum", "ARB");
            token.eip712.init(b"Arbitrum", b"1");
            let deployer = token.vm().msg_sender();
            token.set_owner(deployer);
            token.issue(owner, supply)?;
            token.postpone_minting();
            token.l1_address.set(l1_address);
            token.set_owner(owner);
            Ok(())
        })
    }

    /// Creates `amount` for `recipient`. Emits `Transfer`, and `DelegateVotesChanged` if it has a delegate.
    pub(crate) fn mint(&mut self, recipient: Address, amount: U256) -> Outcome {
        self.only_owner()?;
        let most = quotient(self.balances.total_supply().times(MINT_CAP_NUMERATOR)?, MINT_CAP_DENOMINATOR);
        require(amount <= most, "ARB: MINT_TOO_MUCH")?;
        require(U256::from(self.vm().block_timestamp()) >= self.next_mint.get(), "ARB: MINT_TOO_EARLY")?;
        self.postpone_minting();
        self.issue(recipient, amount)
    }

    /// Destroys `amount` of what the caller holds. Emits `Transfer`, and `DelegateVotesChanged` if the caller has a delegate.
    pub(crate) fn burn(&mut self, amount: U256) -> Outcome {
        let holder = self.vm().msg_sender();
        self.withdraw(holder, amount)
    }

    /// Destroys `amount` of what `account` holds, out of the caller's allowance. Emits `Approval`, `Transfer`, and
    /// `DelegateVotesChanged` if the account has a delegate.
    pub(crate) fn burn_from(&mut self, account: Address, amount: U256) -> Outcome {
        let spender = self.vm().msg_sender();
        self.balances.spend_allowance(account, spender, amount)?;
        self.withdraw(account, amount)
    }

    fn issue(&mut self, to: Address, amount: U256) -> Outcome {
        self.balances.mint(to, amount)?;
        self.votes.follow(Address::ZERO, to, amount)?;
        require(self.balances.total_supply() <= GREATEST_SUPPLY, "ERC20Votes: total supply risks overflowing votes")?;
        self.votes.minted(amount)
    }

    fn withdraw(&mut self, from: Address, amount: U256) -> Outcome {
        self.balances.burn(from, amount)?;
        self.votes.follow(from, Address::ZERO, amount)?;
        self.votes.burned(amount)
    }

    fn postpone_minting(&mut self) {
        let now = U256::from(self.vm().block_timestamp());
        // The time has 64 bits, so the sum does not overflow.
        self.next_mint.set(now + MIN_MINT_INTERVAL_SECONDS);
    }
}
