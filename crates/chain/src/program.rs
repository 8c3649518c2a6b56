//! Native programs: Rust contracts that an account runs instead of bytecode.
//!
//! An account hosts a program when its code is `0xFE "RUST" ‖ id`, with `id` as four big-endian bytes. The first byte is the EVM's
//! `INVALID` opcode, so an interpreter that knows nothing of programs halts on such code instead of misreading it. The code
//! is ordinary in every other respect: it has a size and a hash, can be copied, delegated to, and deployed by `CREATE`.
//!
//! Which programs exist is the caller's business: the registry is passed in, and an unknown id halts like `INVALID`.

use std::collections::BTreeMap;

use alloy_primitives::Bytes;
use stylus_sdk::{ArbResult, host::VM};

/// What precedes the program's id in the code of an account that hosts one.
pub const CODE_PREFIX: [u8; 5] = [0xFE, b'R', b'U', b'S', b'T'];

/// The entry point of a program: calldata and a host go in, return data (`Ok`) or revert data (`Err`) comes out.
///
/// For a contract `C` of the SDK it is `stylus_sdk::abi::router_entrypoint::<C, C>`.
pub type Entry = fn(Vec<u8>, VM) -> ArbResult;

/// A contract compiled into this binary.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its identity in account code. Never reuse an id for another contract: stored chains refer to it.
    pub id: u32,
    /// Its name, for people.
    pub name: &'static str,
    /// Its entry point.
    pub entry: Entry,
}

/// The programs a chain can run, by id.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    by_id: BTreeMap<u32, Program>,
}

/// Two programs claim the same id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("program id {id} belongs to {first} already and cannot be {second}'s too: give {second} an id of its own")]
pub struct DuplicateProgram {
    /// The id claimed twice.
    pub id: u32,
    /// The program that has it.
    pub first: &'static str,
    /// The program that wants it.
    pub second: &'static str,
}

impl Programs {
    /// A registry of the given programs.
    ///
    /// # Errors
    /// [`DuplicateProgram`] when two share an id.
    pub fn new(programs: impl IntoIterator<Item = Program>) -> Result<Self, DuplicateProgram> {
        let mut by_id: BTreeMap<u32, Program> = BTreeMap::new();
        for program in programs {
            if let Some(first) = by_id.get(&program.id) {
                return Err(DuplicateProgram { id: program.id, first: first.name, second: program.name });
            }
            by_id.insert(program.id, program);
        }
        Ok(Self { by_id })
    }

    /// The program of that id.
    pub fn get(&self, id: u32) -> Option<&Program> {
        self.by_id.get(&id)
    }

    /// The program that account code stands for; `None` for bytecode and for unknown ids.
    pub fn for_code(&self, code: &[u8]) -> Option<&Program> {
        self.get(program_id(code)?)
    }

    /// Every program, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = &Program> {
        self.by_id.values()
    }
}

/// The account code that hosts the program `id`.
pub fn program_code(id: u32) -> Bytes {
    let mut code = Vec::with_capacity(CODE_PREFIX.len() + 4);
    code.extend_from_slice(&CODE_PREFIX);
    code.extend_from_slice(&id.to_be_bytes());
    code.into()
}

/// The id that account code names, if it is the code of a program.
pub fn program_id(code: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(code.strip_prefix(&CODE_PREFIX)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Entry = |_, _| Ok(Vec::new());

    #[test]
    fn code_and_id_are_each_others_inverse() {
        for id in [0, 1, 0xdead_beef, u32::MAX] {
            assert_eq!(program_id(&program_code(id)), Some(id));
        }
    }

    #[test]
    fn code_of_another_shape_is_no_program() {
        for code in [&[][..], &[0xFE], b"\xFERUST", b"\xFERUST\0\0\0", b"\xFERUST\0\0\0\0\0", b"\xEFRUST\0\0\0\0"] {
            assert_eq!(program_id(code), None, "{code:?}");
        }
    }

    #[test]
    fn refuses_two_programs_of_one_id() {
        let program = |name| Program { id: 7, name, entry: NOTHING };
        let error = Programs::new([program("a"), program("b")]).unwrap_err();
        assert_eq!(error, DuplicateProgram { id: 7, first: "a", second: "b" });
    }
}
