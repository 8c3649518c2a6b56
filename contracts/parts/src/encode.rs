//! Encoding of what a function returns.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, FixedBytes, U256};
use alloy_sol_types::SolValue;

/// A value, or a tuple of values, that a function returns.
pub trait Encode {
    /// The returned data.
    fn encode(self) -> Vec<u8>;
}

impl Encode for () {
    fn encode(self) -> Vec<u8> {
        Vec::new()
    }
}

/// Data that is returned as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw(pub Vec<u8>);

impl Encode for Raw {
    fn encode(self) -> Vec<u8> {
        self.0
    }
}

macro_rules! encode_word {
    ($($ty:ty),*) => {$(
        impl Encode for $ty {
            fn encode(self) -> Vec<u8> {
                U256::from(self).to_be_bytes::<32>().to_vec()
            }
        }
    )*};
}

encode_word!(u8, u16, u32, u64, U256);

macro_rules! encode_single {
    ($($ty:ty),*) => {$(
        impl Encode for $ty {
            fn encode(self) -> Vec<u8> {
                (self,).abi_encode_params()
            }
        }
    )*};
}

encode_single!(bool, Address, B256, FixedBytes<4>, Bytes, String, &'static str, Vec<Address>, Vec<U256>, Vec<Bytes>);

macro_rules! encode_tuple {
    ($($ty:ident),*) => {
        impl<$($ty),*> Encode for ($($ty,)*)
        where
            ($($ty,)*): SolValue,
            for<'a> <<($($ty,)*) as SolValue>::SolType as alloy_sol_types::SolType>::Token<'a>:
                alloy_sol_types::abi::TokenSeq<'a>,
        {
            fn encode(self) -> Vec<u8> {
                self.abi_encode_params()
            }
        }
    };
}

encode_tuple!(A, B);
encode_tuple!(A, B, C);
encode_tuple!(A, B, C, D);
encode_tuple!(A, B, C, D, E);
