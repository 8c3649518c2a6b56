//! Initialisation that happens once.
//!
//! A contract behind a proxy has no constructor of its own: an `initialize` function takes its place, and must run once.
//!
//! ```text
//! fresh (0, false) ──initialize──▶ initialising (1, true) ──Initialized(1)──▶ done (1, false)
//! ```
//!
//! `initialize` in any state but "fresh" is refused; a refused one leaves no trace, since the whole call is undone. While the
//! contract is under construction, and so has no code, an initialisation may contain another. Source: OpenZeppelin
//! Contracts Upgradeable 4.7.3, `Initializable`.

use alloc::{vec, vec::Vec};

use ephor_abi::common::IInitializable::Initialized;
use stylus_sdk::{
    alloy_primitives::U8,
    host::VM,
    prelude::*,
    storage::{StorageBool, StorageU8},
    stylus_core::HostAccess,
};

use crate::{call::is_contract, emit, require, revert::Outcome};

/// How far initialisation is: one slot. In every contract it is followed by the `Gap<50>` of the context.
#[storage]
pub struct InitializableStorage {
    initialized: StorageU8,
    initializing: StorageBool,
}

/// A contract that is initialised once.
pub trait Initializable: HostAccess<Host = VM> {
    /// Where the state is kept.
    fn initializable(&self) -> &InitializableStorage;

    /// Where the state is kept.
    fn initializable_mut(&mut self) -> &mut InitializableStorage;

    /// Begins the initialisation: whether it is the outermost, to be passed to [`end_initialize`](Self::end_initialize).
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`.
    fn begin_initialize(&mut self) -> Outcome<bool> {
        let state = self.initializable();
        let (version, top_level) = (state.initialized.get(), !state.initializing.get());
        let allowed = (top_level && version.is_zero())
            || (version == U8::ONE && !is_contract(self.vm(), self.vm().contract_address()));
        require(allowed, "Initializable: contract is already initialized")?;
        let state = self.initializable_mut();
        state.initialized.set(U8::ONE);
        if top_level {
            state.initializing.set(true);
        }
        Ok(top_level)
    }

    /// Ends the initialisation. Emits `Initialized` if it is the outermost.
    fn end_initialize(&mut self, top_level: bool) {
        if top_level {
            self.initializable_mut().initializing.set(false);
            emit(self.vm(), &Initialized { version: 1 });
        }
    }

    /// Runs `body` as the initialisation. Emits `Initialized` after what `body` emits.
    ///
    /// # Errors
    /// `Initializable: contract is already initialized`; what `body` refuses.
    fn initialize_once(&mut self, body: impl FnOnce(&mut Self) -> Outcome) -> Outcome
    where
        Self: Sized,
    {
        let top_level = self.begin_initialize()?;
        body(self)?;
        self.end_initialize(top_level);
        Ok(())
    }

    /// Guards a function that is part of an initialisation.
    ///
    /// # Errors
    /// `Initializable: contract is not initializing`.
    fn only_initializing(&self) -> Outcome {
        require(self.initializable().initializing.get(), "Initializable: contract is not initializing")
    }
}
