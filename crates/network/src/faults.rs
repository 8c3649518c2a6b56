//! Faults that a scenario asks for: messages lost, delayed, delivered twice.

use crate::{
    error::NetworkError,
    message::{MessageId, MessageState},
    network::Network,
};

impl Network {
    /// Lets a ticket on its way be lost.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`], [`NetworkError::TooLate`].
    pub fn lose(&mut self, id: MessageId) -> Result<(), NetworkError> {
        match self.message(id)?.state {
            MessageState::Travelling { .. } | MessageState::Challenged { .. } => {
                self.set_state(id, MessageState::Lost);
                Ok(())
            }
            state => Err(NetworkError::TooLate { id, what: "lost", state }),
        }
    }

    /// Delays a message on its way.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`], [`NetworkError::TooLate`].
    pub fn delay(&mut self, id: MessageId, seconds: u64) -> Result<(), NetworkError> {
        let state = match self.message(id)?.state {
            MessageState::Travelling { until_seconds } => {
                MessageState::Travelling { until_seconds: until_seconds.saturating_add(seconds) }
            }
            MessageState::Challenged { until_seconds } => {
                MessageState::Challenged { until_seconds: until_seconds.saturating_add(seconds) }
            }
            state => return Err(NetworkError::TooLate { id, what: "delayed", state }),
        };
        self.set_state(id, state);
        Ok(())
    }

    /// Delivers a ticket once more. The child chain refuses what it has seen.
    ///
    /// # Errors
    /// [`NetworkError::UnknownMessage`].
    pub fn duplicate(&mut self, id: MessageId) -> Result<(), NetworkError> {
        self.message(id)?;
        if let MessageId::ToChild { .. } = id { self.arrive(id) } else { Ok(()) }
    }
}
