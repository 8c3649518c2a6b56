//! The EVM code of an action: it hands the store's address over to the program (see the crate's documentation).
//!
//! ```text
//! memory = calldata ‖ store
//! ok = delegatecall(gas, program, memory)
//! ok ? return returndata : revert returndata
//! ```

use alloy_primitives::Address;

/// Where the code jumps to when the program succeeded.
const DONE: u8 = 0x4f;

/// The code of an action that runs `program` with `store`, to be installed at the action's address.
#[must_use]
pub fn action_code(program: Address, store: Address) -> Vec<u8> {
    let mut code = Vec::with_capacity(usize::from(DONE) + 8);
    code.extend([0x36, 0x5f, 0x5f, 0x37]); // calldatasize push0 push0 calldatacopy
    code.push(0x7f); // push32 store
    code.extend(store.into_word());
    code.extend([0x36, 0x52]); // calldatasize mstore
    code.extend([0x5f, 0x5f, 0x60, 0x20, 0x36, 0x01, 0x5f]); // push0 push0 push1(32) calldatasize add push0
    code.push(0x73); // push20 program
    code.extend(program);
    code.extend([0x5a, 0xf4]); // gas delegatecall
    code.extend([0x3d, 0x5f, 0x5f, 0x3e]); // returndatasize push0 push0 returndatacopy
    code.extend([0x60, DONE, 0x57]); // push1(done) jumpi
    code.extend([0x3d, 0x5f, 0xfd]); // returndatasize push0 revert
    code.extend([0x5b, 0x3d, 0x5f, 0xf3]); // jumpdest returndatasize push0 return
    code
}

/// The transaction data that deploys the action: code that returns [`action_code`].
#[must_use]
pub fn action_init_code(program: Address, store: Address) -> Vec<u8> {
    let code = action_code(program, store);
    // The code is shorter than 256 bytes whatever the addresses.
    let length = code.len().to_be_bytes()[size_of::<usize>() - 1];
    let mut init = vec![0x60, length, 0x60, 0x0a, 0x5f, 0x39]; // push1(length) push1(10) push0 codecopy
    init.extend([0x60, length, 0x5f, 0xf3]); // push1(length) push0 return
    init.extend(code);
    init
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_to_where_success_is_returned() {
        let code = action_code(Address::repeat_byte(0x5b), Address::repeat_byte(0x5b));
        assert_eq!(code[usize::from(DONE)..], [0x5b, 0x3d, 0x5f, 0xf3]);
    }

    #[test]
    fn deploys_the_code() {
        let (program, store) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let (code, init) = (action_code(program, store), action_init_code(program, store));
        assert_eq!(init[10..], code);
        assert_eq!((usize::from(init[1]), usize::from(init[7])), (code.len(), code.len()));
    }
}
