//! Signatures in somebody else's name, on rehearsal chains.
//!
//! A rehearsal with real people's addresses has not their keys, and some acts are only valid with a signature: a contender's
//! registration, a ballot handed in by another. On a rehearsal chain the precompiled contract `ecrecover` therefore
//! recovers one more form of signature, whatever the digest: `r` names the account and `s` is a constant, see [`stand_in_signature`]. That
//! no real signature has this form is as certain as that nobody finds a preimage of `s`. Nothing signed so is
//! valid anywhere else; chains that guard anything do not know the form.

use std::sync::OnceLock;

use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use revm::{
    handler::EthPrecompiles,
    precompile::{
        Precompile, PrecompileId, PrecompileOutput, PrecompileResult, PrecompileSpecId, Precompiles,
        secp256k1::ECRECOVER,
    },
    primitives::hardfork::SpecId,
};

/// What precedes the account in `r`.
const MARK: [u8; 12] = *b"ephor:actor:";

/// The `s` of every such signature: a hash, made less than half the order of the curve so that no check for malleability
/// refuses it.
fn constant_s() -> B256 {
    static S: OnceLock<B256> = OnceLock::new();
    *S.get_or_init(|| {
        let mut s = keccak256("ephor: a signature that stands in for somebody's on a rehearsal chain");
        s[0] &= 0x3f;
        s
    })
}

/// The signature that a rehearsal chain takes for the account's, whatever is signed. Its `v` is 27.
#[must_use]
pub fn stand_in_signature(account: Address) -> Signature {
    let mut r = account.into_word();
    r[..12].copy_from_slice(&MARK);
    Signature::new(U256::from_be_bytes(r.0), U256::from_be_bytes(constant_s().0), false)
}

/// Ethereum's precompiled contracts, with an `ecrecover` that knows stand-ins.
pub(crate) fn precompiles(spec: SpecId) -> EthPrecompiles {
    static ALL: OnceLock<Vec<(PrecompileSpecId, Precompiles)>> = OnceLock::new();
    let wanted = PrecompileSpecId::from_spec_id(spec);
    let all = ALL.get_or_init(|| {
        let known = [PrecompileSpecId::CANCUN, PrecompileSpecId::PRAGUE, PrecompileSpecId::OSAKA];
        let with_stand_ins = known.map(|id| {
            let mut precompiles = Precompiles::new(id).clone();
            precompiles.extend([Precompile::new(PrecompileId::EcRec, *ECRECOVER.address(), recover)]);
            (id, precompiles)
        });
        with_stand_ins.to_vec()
    });
    let found = all.iter().find(|(id, _)| *id == wanted).map(|(_, precompiles)| precompiles);
    found.map_or_else(|| EthPrecompiles::new(spec), |precompiles| EthPrecompiles { precompiles, spec })
}

/// `ecrecover`: input is digest, `v`, `r` and `s`, a word each.
fn recover(input: &[u8], gas_limit: u64, reservoir: u64) -> PrecompileResult {
    let output = ECRECOVER.execute(input, gas_limit, reservoir)?;
    match named(input) {
        // The fee and the checks of `v` are the real one's; only the answer differs.
        Some(account) if output.halt_reason().is_none() => {
            Ok(PrecompileOutput { bytes: account.into_word().into(), ..output })
        }
        _ => Ok(output),
    }
}

/// The account that a stand-in names.
fn named(input: &[u8]) -> Option<Address> {
    let (v, r, s) = (input.get(32..64)?, input.get(64..96)?, input.get(96..128)?);
    let form = v[..31].iter().all(|byte| *byte == 0) && v[31] == 27 && r.starts_with(&MARK) && *s == constant_s()[..];
    form.then(|| Address::from_slice(&r[12..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(digest: u8, signature: &Signature) -> Vec<u8> {
        let v = U256::from(27 + u8::from(signature.v()));
        [U256::from(digest), v, signature.r(), signature.s()].iter().flat_map(U256::to_be_bytes::<32>).collect()
    }

    #[test]
    fn recovers_the_account_whatever_the_digest() {
        let account = Address::repeat_byte(0xA7);
        for digest in [0, 1, 255] {
            let output = recover(&input(digest, &stand_in_signature(account)), 100_000, 0).unwrap();
            assert_eq!(output.bytes[..], account.into_word()[..]);
            assert_eq!(output.gas_used, 3_000);
        }
    }

    #[test]
    fn is_refused_when_altered_and_unknown_elsewhere() {
        let account = Address::repeat_byte(0xA7);
        let genuine = input(1, &stand_in_signature(account));
        for at in [63, 64, 75, 96, 127] {
            let mut altered = genuine.clone();
            altered[at] ^= 1;
            assert_ne!(recover(&altered, 100_000, 0).unwrap().bytes[..], account.into_word()[..], "byte {at}");
        }
        assert_ne!(ECRECOVER.execute(&genuine, 100_000, 0).unwrap().bytes[..], account.into_word()[..]);
    }

    #[test]
    fn needs_gas_like_any_other() {
        let output = recover(&input(1, &stand_in_signature(Address::repeat_byte(1))), 2_999, 0).unwrap();
        assert!(output.halt_reason().is_some());
    }

    #[test]
    fn passes_checks_for_malleability() {
        let signature = stand_in_signature(Address::repeat_byte(1));
        assert_eq!(signature.normalize_s(), None, "s is in the lower half already");
    }
}
