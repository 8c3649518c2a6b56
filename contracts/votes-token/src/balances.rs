//! Who holds how much, and who may spend it for them (ERC-20).
//!
//! The sum of all balances is the total supply. An allowance of 2^256 − 1 is not used up.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use ephor_abi::token::IVotesToken::{Approval, Transfer};
use ephor_parts::{
    Checked, Gap, Outcome, emit, require,
    text::{StoredText, Text},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageMap, StorageU256},
};

/// Balances, allowances and the names of the token: five slots, and forty-five in reserve.
#[storage]
pub struct Balances {
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    total_supply: StorageU256,
    name: StoredText,
    symbol: StoredText,
    _gap: Gap<45>,
}

impl Balances {
    /// Sets the names, once, on initialisation.
    pub(crate) fn init(&mut self, name: &str, symbol: &str) {
        self.name.set(name);
        self.symbol.set(symbol);
    }

    /// The name of the token.
    pub(crate) fn name(&self) -> Text {
        self.name.get()
    }

    /// The symbol of the token.
    pub(crate) fn symbol(&self) -> Text {
        self.symbol.get()
    }

    /// All there is.
    pub(crate) fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    /// What `account` holds.
    pub(crate) fn of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// What `spender` may still spend for `owner`.
    pub(crate) fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// Moves `amount`. Emits `Transfer`.
    pub(crate) fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Outcome {
        require(!from.is_zero(), "ERC20: transfer from the zero address")?;
        require(!to.is_zero(), "ERC20: transfer to the zero address")?;
        self.withdraw(from, amount, "ERC20: transfer amount exceeds balance")?;
        self.deposit(to, amount)?;
        emit(self.vm(), &Transfer { from, to, value: amount });
        Ok(())
    }

    /// Creates `amount`. Emits `Transfer` from the zero address.
    pub(crate) fn mint(&mut self, to: Address, amount: U256) -> Outcome {
        require(!to.is_zero(), "ERC20: mint to the zero address")?;
        let supply = self.total_supply.get().plus(amount)?;
        self.total_supply.set(supply);
        self.deposit(to, amount)?;
        emit(self.vm(), &Transfer { from: Address::ZERO, to, value: amount });
        Ok(())
    }

    /// Destroys `amount`. Emits `Transfer` to the zero address.
    pub(crate) fn burn(&mut self, from: Address, amount: U256) -> Outcome {
        require(!from.is_zero(), "ERC20: burn from the zero address")?;
        self.withdraw(from, amount, "ERC20: burn amount exceeds balance")?;
        let supply = self.total_supply.get().minus(amount)?;
        self.total_supply.set(supply);
        emit(self.vm(), &Transfer { from, to: Address::ZERO, value: amount });
        Ok(())
    }

    /// Sets what `spender` may spend for `owner`. Emits `Approval`.
    pub(crate) fn approve(&mut self, owner: Address, spender: Address, amount: U256) -> Outcome {
        require(!owner.is_zero(), "ERC20: approve from the zero address")?;
        require(!spender.is_zero(), "ERC20: approve to the zero address")?;
        self.allowances.setter(owner).setter(spender).set(amount);
        emit(self.vm(), &Approval { owner, spender, value: amount });
        Ok(())
    }

    /// Uses up `amount` of an allowance, unless it is unlimited. Emits `Approval` with what is left.
    pub(crate) fn spend_allowance(&mut self, owner: Address, spender: Address, amount: U256) -> Outcome {
        let current = self.allowance(owner, spender);
        if current == U256::MAX {
            return Ok(());
        }
        require(current >= amount, "ERC20: insufficient allowance")?;
        self.approve(owner, spender, current - amount)
    }

    fn withdraw(&mut self, from: Address, amount: U256, refusal: &str) -> Outcome {
        let mut balance = self.balances.setter(from);
        let held = balance.get();
        require(held >= amount, refusal)?;
        balance.set(held - amount);
        Ok(())
    }

    fn deposit(&mut self, to: Address, amount: U256) -> Outcome {
        let mut balance = self.balances.setter(to);
        let held = balance.get();
        balance.set(held.plus(amount)?);
        Ok(())
    }
}
