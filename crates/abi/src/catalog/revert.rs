//! Why a call was refused, for people.

use alloc::string::String;
use core::fmt;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{Panic, PanicKind, Revert as ErrorString, SolError};

use super::INTERFACES;

/// The meaning of revert data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevertReason {
    /// No data: calldata that does not decode, ether to a function that takes none, an unknown function.
    Empty,
    /// `Error(string)`: the message of a failed requirement.
    Message(String),
    /// `Panic(uint256)`: a fault of the program or of its arithmetic.
    Panic(U256),
    /// An error of one of the interfaces.
    Custom {
        /// The interface that declares it.
        interface: &'static str,
        /// The error with its arguments.
        error: String,
    },
    /// Data that no interface explains.
    Unknown(Bytes),
}

/// What `data`, which a call reverted with, means.
#[must_use]
pub fn decode_revert(data: &[u8]) -> RevertReason {
    if data.is_empty() {
        return RevertReason::Empty;
    }
    if let Ok(ErrorString { reason }) = ErrorString::abi_decode(data) {
        return RevertReason::Message(reason);
    }
    if let Ok(Panic { code }) = Panic::abi_decode(data) {
        return RevertReason::Panic(code);
    }
    let custom = INTERFACES.iter().find_map(|interface| {
        (interface.read_error)(data).map(|error| RevertReason::Custom { interface: interface.name, error })
    });
    custom.unwrap_or_else(|| RevertReason::Unknown(Bytes::copy_from_slice(data)))
}

impl fmt::Display for RevertReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("reverted without a reason"),
            Self::Message(message) => f.write_str(message),
            Self::Panic(code) => match u32::try_from(*code).ok().and_then(PanicKind::from_number) {
                Some(kind) => write!(f, "panic {code:#04x}: {}", kind.as_str()),
                None => write!(f, "panic {code:#04x}"),
            },
            Self::Custom { interface, error } => write!(f, "{interface}: {error}"),
            Self::Unknown(data) => write!(f, "reverted with {data}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec::Vec};

    use alloy_primitives::{Address, address};

    use super::*;
    use crate::{common::ICommonErrors, election::IMemberElection};

    #[track_caller]
    fn check(data: &[u8], text: &str) {
        assert_eq!(decode_revert(data).to_string(), text);
    }

    #[test]
    fn explains_what_solidity_reverts_with() {
        check(&[], "reverted without a reason");
        check(&ErrorString::from("Ownable: caller is not the owner").abi_encode(), "Ownable: caller is not the owner");
        check(&panic(0x11), "panic 0x11: arithmetic underflow or overflow");
        check(&panic(0x01), "panic 0x01: assertion failed");
        check(&panic(0x99), "panic 0x99");
    }

    #[test]
    fn explains_custom_errors_with_their_arguments() {
        check(&ICommonErrors::ZeroAddress {}.abi_encode(), "ICommonErrors: ZeroAddress");
        let account: Address = address!("00000000000000000000000000000000000000aa");
        let error = ICommonErrors::NotAContract { account };
        check(
            &error.abi_encode(),
            "ICommonErrors: NotAContract { account: 0x00000000000000000000000000000000000000aa }",
        );
        let error = IMemberElection::InsufficientVotes {
            prevVotesUsed: U256::from(3),
            votes: U256::from(4),
            availableVotes: U256::from(5),
        };
        check(
            &error.abi_encode(),
            "IMemberElection: InsufficientVotes { prevVotesUsed: 3, votes: 4, availableVotes: 5 }",
        );
    }

    #[test]
    fn shows_what_nobody_can_explain() {
        check(&[0xde, 0xad, 0xbe, 0xef], "reverted with 0xdeadbeef");
        check(&[0x08, 0xc3, 0x79, 0xa0], "reverted with 0x08c379a0");
        check(&[0x01], "reverted with 0x01");
    }

    fn panic(code: u8) -> Vec<u8> {
        Panic { code: U256::from(code) }.abi_encode()
    }
}
