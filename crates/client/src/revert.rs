//! Why a contract refused: its data, decoded as far as the interfaces of `ephor-abi` explain it.

use std::fmt;

use alloy_primitives::Bytes;
use alloy_transport::TransportError;
use ephor_abi::catalog::{RevertReason, decode_revert};

/// What a call reverted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revert {
    /// The data.
    pub data: Bytes,
    /// Its meaning.
    pub reason: RevertReason,
}

impl Revert {
    /// Decodes revert data.
    #[must_use]
    pub fn new(data: Bytes) -> Self {
        Self { reason: decode_revert(&data), data }
    }

    /// The revert that a node reports, if it reports one.
    #[must_use]
    pub fn of(error: &TransportError) -> Option<Self> {
        let response = error.as_error_resp()?;
        if let Some(data) = response.as_revert_data() {
            return Some(Self::new(data));
        }
        // Code 3 says "reverted"; without data the reason is empty.
        (response.code == 3).then(|| Self::new(Bytes::new()))
    }

    /// By what a test or a scenario names it: the error's name, the message of a requirement, or `Panic(0x11)`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.reason {
            RevertReason::Empty => String::new(),
            RevertReason::Message(message) => message.clone(),
            RevertReason::Panic(code) => format!("Panic({code:#04x})"),
            RevertReason::Custom { error, .. } => error.split([' ', '(']).next().unwrap_or_default().to_owned(),
            RevertReason::Unknown(data) => data.to_string(),
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use alloy_sol_types::{Panic, Revert as Message, SolError};
    use ephor_abi::{common::ICommonErrors::ZeroAddress, election::IMemberElection::ZeroWeightVote};

    use super::*;

    #[track_caller]
    fn check(data: Vec<u8>, name: &str) {
        assert_eq!(Revert::new(data.into()).name(), name);
    }

    #[test]
    fn names_what_was_refused() {
        check(ZeroAddress {}.abi_encode(), "ZeroAddress");
        check(ZeroWeightVote { blockNumber: U256::from(1), votes: U256::from(2) }.abi_encode(), "ZeroWeightVote");
        check(Message::from("Governor: vote not currently active").abi_encode(), "Governor: vote not currently active");
        check(Panic { code: U256::from(0x11) }.abi_encode(), "Panic(0x11)");
        check(Vec::new(), "");
        check(vec![1, 2, 3, 4], "0x01020304");
    }
}
