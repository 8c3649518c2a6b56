//! The types of Solidity's ABI, and functions as people write them.
//!
//! ```text
//! transfer(address to, uint256 amount)
//! aggregate3((address target, bool allowFailure, bytes callData)[] calls)
//! ```
//!
//! Names are optional. Types are bounded where they are read, so that no type costs more to decode than its calldata is long:
//! nesting to [`MOST_LEVELS`], words of a static type to [`MOST_WORDS`]; empty tuples and arrays of no length do not exist.

use std::fmt;

use alloy_primitives::{Selector, keccak256};

/// How deep types may nest.
pub const MOST_LEVELS: usize = 8;

/// How many words the static part of a type may have.
pub const MOST_WORDS: usize = 4_096;

/// A type of the ABI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `address`.
    Address,
    /// `bool`.
    Bool,
    /// `uint8` to `uint256`, by bits.
    Uint(usize),
    /// `int8` to `int256`, by bits.
    Int(usize),
    /// `bytes1` to `bytes32`, by bytes.
    FixedBytes(usize),
    /// `bytes`.
    Bytes,
    /// `string`.
    String,
    /// `T[]`.
    Array(Box<Self>),
    /// `T[n]`.
    FixedArray(Box<Self>, usize),
    /// `(T, U)`.
    Tuple(Vec<Param>),
}

/// A parameter, or a member of a tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name; empty where there is none.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub inputs: Vec<Param>,
    /// Its canonical signature, such as `transfer(address,uint256)`.
    pub signature: String,
    /// The first four bytes of the signature's hash.
    pub selector: Selector,
}

/// Why a type or a function cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// No type of the ABI has this name.
    #[error("\"{name}\" is not a type of the ABI")]
    UnknownType {
        /// The name.
        name: String,
    },
    /// No name of a function or parameter.
    #[error("{name:?} is no name: it consists of letters, digits, _ and $")]
    Name {
        /// The name.
        name: String,
    },
    /// Something else ought to stand there.
    #[error("expected {expected} at byte {at} of \"{text}\"")]
    Unexpected {
        /// What was read.
        text: String,
        /// Where.
        at: usize,
        /// What ought to stand there.
        expected: &'static str,
    },
    /// A type nests too deep.
    #[error("a type nests deeper than {MOST_LEVELS} levels")]
    TooDeep,
    /// A type is too large.
    #[error("the static part of a type has more than {MOST_WORDS} words")]
    TooLarge,
    /// A tuple without members or an array without length.
    #[error("a tuple has members and an array of fixed length has elements, but this one has none")]
    Empty,
}

impl Type {
    /// Whether values of the type are behind an offset.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Bytes | Self::String | Self::Array(_) => true,
            Self::FixedArray(inner, _) => inner.is_dynamic(),
            Self::Tuple(params) => params.iter().any(|param| param.ty.is_dynamic()),
            _ => false,
        }
    }

    /// The bytes that a value takes where it is listed: 32 for a dynamic one, which is an offset there.
    #[must_use]
    pub fn head_bytes(&self) -> usize {
        match self {
            _ if self.is_dynamic() => 32,
            Self::FixedArray(inner, length) => inner.head_bytes().saturating_mul(*length),
            Self::Tuple(params) => params.iter().fold(0_usize, |sum, param| sum.saturating_add(param.ty.head_bytes())),
            _ => 32,
        }
    }

    /// Reads a type that is not a tuple, such as `uint256[4][]`.
    fn elementary(name: &str) -> Result<Self, TypeError> {
        let unknown = || TypeError::UnknownType { name: name.to_owned() };
        let size = |text: &str, range: std::ops::RangeInclusive<usize>, step: usize| {
            let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
            let size = text.parse::<usize>().ok().filter(|size| plain && range.contains(size) && size % step == 0);
            size.ok_or_else(unknown)
        };
        Ok(match name {
            "address" => Self::Address,
            "bool" => Self::Bool,
            "uint" => Self::Uint(256),
            "int" => Self::Int(256),
            "bytes" => Self::Bytes,
            "string" => Self::String,
            "function" => Self::FixedBytes(24),
            _ if name.starts_with("uint") => Self::Uint(size(&name[4..], 8..=256, 8)?),
            _ if name.starts_with("int") => Self::Int(size(&name[3..], 8..=256, 8)?),
            _ if name.starts_with("bytes") => Self::FixedBytes(size(&name[5..], 1..=32, 1)?),
            _ => return Err(unknown()),
        })
    }

    /// Puts the brackets of `suffix`, such as `[4][]`, around the type.
    fn arrays(mut self, suffix: &str) -> Result<Self, TypeError> {
        let unknown = || TypeError::UnknownType { name: suffix.to_owned() };
        let mut rest = suffix;
        while !rest.is_empty() {
            let (length, after) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(unknown)?;
            self = if length.is_empty() {
                Self::Array(Box::new(self))
            } else {
                let length = length.parse::<usize>().map_err(|_| unknown())?;
                if length == 0 {
                    return Err(TypeError::Empty);
                }
                Self::FixedArray(Box::new(self), length)
            };
            rest = after;
            self.check()?;
        }
        Ok(self)
    }

    /// Reads a type by the name that JSON ABIs use, with the members of its tuple if it is one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn named(name: &str, members: Vec<Param>) -> Result<Self, TypeError> {
        let (base, suffix) = name.split_at(name.find('[').unwrap_or(name.len()));
        let ty = match base {
            "tuple" if members.is_empty() => return Err(TypeError::Empty),
            "tuple" => Self::Tuple(members),
            _ => Self::elementary(base)?,
        };
        ty.check()?;
        ty.arrays(suffix)
    }

    fn levels(&self) -> usize {
        1 + match self {
            Self::Array(inner) | Self::FixedArray(inner, _) => inner.levels(),
            Self::Tuple(params) => params.iter().map(|param| param.ty.levels()).max().unwrap_or(0),
            _ => 0,
        }
    }

    fn check(&self) -> Result<(), TypeError> {
        if self.levels() > MOST_LEVELS {
            return Err(TypeError::TooDeep);
        }
        let words = match self {
            Self::FixedArray(inner, length) => inner.head_bytes().saturating_mul(*length),
            Self::Tuple(params) => params.iter().fold(0_usize, |sum, param| sum.saturating_add(param.ty.head_bytes())),
            _ => 32,
        };
        if words / 32 > MOST_WORDS { Err(TypeError::TooLarge) } else { Ok(()) }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("address"),
            Self::Bool => f.write_str("bool"),
            Self::Uint(bits) => write!(f, "uint{bits}"),
            Self::Int(bits) => write!(f, "int{bits}"),
            Self::FixedBytes(bytes) => write!(f, "bytes{bytes}"),
            Self::Bytes => f.write_str("bytes"),
            Self::String => f.write_str("string"),
            Self::Array(inner) => write!(f, "{inner}[]"),
            Self::FixedArray(inner, length) => write!(f, "{inner}[{length}]"),
            Self::Tuple(params) => list(f, params),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, params: &[Param]) -> fmt::Result {
    f.write_str("(")?;
    for (i, param) in params.iter().enumerate() {
        write!(f, "{}{}", if i > 0 { "," } else { "" }, param.ty)?;
    }
    f.write_str(")")
}

impl Function {
    /// A function of a name and parameters.
    ///
    /// # Errors
    /// [`TypeError::TooLarge`] when the parameters have too many words together.
    pub fn new(name: String, inputs: Vec<Param>) -> Result<Self, TypeError> {
        if inputs.iter().fold(0_usize, |sum, param| sum.saturating_add(param.ty.head_bytes())) / 32 > MOST_WORDS {
            return Err(TypeError::TooLarge);
        }
        struct List<'a>(&'a [Param]);
        impl fmt::Display for List<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                list(f, self.0)
            }
        }
        let signature = format!("{name}{}", List(&inputs));
        let hash = keccak256(&signature);
        Ok(Self { name, inputs, selector: Selector::from_slice(&hash[..4]), signature })
    }

    /// Reads a function as people write it, such as `transfer(address to, uint256 amount)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TypeError> {
        let mut scanner = Scanner { text, at: 0 };
        let name = scanner.word().to_owned();
        if name.is_empty() {
            return Err(scanner.unexpected("a function's name"));
        }
        let inputs = scanner.list(0)?;
        if scanner.at < text.len() {
            return Err(scanner.unexpected("the end"));
        }
        Self::new(name, inputs)
    }
}

/// Reads a function's text from left to right.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn unexpected(&self, expected: &'static str) -> TypeError {
        TypeError::Unexpected { text: self.text.to_owned(), at: self.at, expected }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.bytes().take_while(|byte| byte.is_ascii() && wanted(*byte)).count()];
        self.at += taken.len();
        taken
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn list(&mut self, level: usize) -> Result<Vec<Param>, TypeError> {
        if level >= MOST_LEVELS {
            return Err(TypeError::TooDeep);
        }
        if !self.accept(b'(') {
            return Err(self.unexpected("\"(\""));
        }
        let mut params = Vec::new();
        self.take_while(|byte| byte == b' ');
        if self.accept(b')') {
            return Ok(params);
        }
        loop {
            self.take_while(|byte| byte == b' ');
            params.push(self.param(level)?);
            if self.accept(b')') {
                return Ok(params);
            }
            if !self.accept(b',') {
                return Err(self.unexpected("\",\" or \")\""));
            }
        }
    }

    fn param(&mut self, level: usize) -> Result<Param, TypeError> {
        let base = self.word();
        let members = if base.is_empty() || base == "tuple" { Some(self.list(level + 1)?) } else { None };
        let suffix = self.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'[' | b']'));
        let ty = match members {
            Some(members) => Type::named(&format!("tuple{suffix}"), members)?,
            None => Type::named(&format!("{base}{suffix}"), Vec::new())?,
        };
        self.take_while(|byte| byte == b' ');
        let name = self.word().to_owned();
        Ok(Param { name, ty })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, signature: &str) {
        assert_eq!(Function::parse(text).map(|function| function.signature), Ok(signature.to_owned()));
    }

    #[test]
    fn reads_functions_as_people_write_them() {
        check("perform()", "perform()");
        check("transfer(address to, uint amount)", "transfer(address,uint256)");
        check("f((address a,(bytes b)[2] c)[] d,int8,bytes4[3][] e)", "f((address,(bytes)[2])[],int8,bytes4[3][])");
        check("f(tuple(address a) b)", "f((address))");
        assert_eq!(Function::parse("transfer(address,uint256)").expect("sound").selector.0, [0xa9, 0x05, 0x9c, 0xbb]);
    }

    #[test]
    fn refuses_what_is_no_type_or_has_no_bound() {
        for text in [
            "",
            "f",
            "f(",
            "f(a)",
            "f(uint7)",
            "f(uint264)",
            "f(bytes33)",
            "f(uint08)",
            "f(address",
            "f() x",
            "f(())",
            "f(uint8[0])",
        ] {
            assert!(Function::parse(text).is_err(), "{text}");
        }
        assert_eq!(Function::parse("f(uint8[4096][4096])"), Err(TypeError::TooLarge));
        assert_eq!(Function::parse("f(uint8[99999999999999])"), Err(TypeError::TooLarge));
        assert_eq!(Function::parse("f(uint8[][][][][][][][])"), Err(TypeError::TooDeep));
        let nested = format!("f{}address{}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(Function::parse(&nested), Err(TypeError::TooDeep));
    }
}
