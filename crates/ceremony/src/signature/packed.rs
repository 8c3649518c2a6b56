//! Signatures packed as a Safe takes them, and read back.
//!
//! ```text
//! 65 bytes an owner, in ascending order of owners ─ then the data of contracts, each behind its length
//! ```

use alloy_primitives::{Address, B256, Bytes, U256};

use super::{Consent, Signature, signer};

/// The most signatures of an execution that are looked at.
pub const MAX_SIGNERS: usize = 256;

/// Whose agreement stands in the signatures of an execution, as far as the bytes alone tell: people by their signatures, others by their
/// address. What makes no sense is left out; at most [`MAX_SIGNERS`] are looked at.
#[must_use]
pub fn signers(hash: B256, signatures: &[u8]) -> Vec<Address> {
    let mut found = Vec::new();
    // Where the first contract's data begins, the fixed part ends.
    let mut end = signatures.len();
    for (index, each) in signatures.chunks_exact(65).take(MAX_SIGNERS).enumerate() {
        if index * 65 >= end {
            break;
        }
        match each[64] {
            0 | 1 => {
                found.push(Address::from_slice(&each[12..32]));
                let data = usize::try_from(U256::from_be_slice(&each[32..64])).unwrap_or(usize::MAX);
                end = if each[64] == 0 { end.min(data) } else { end };
            }
            _ => found.extend(signer(hash, each)),
        }
    }
    found
}

/// Signatures as a Safe takes them: in ascending order of owners, one of each, the data of contracts behind.
#[must_use]
pub fn encode(signatures: &[Signature]) -> Bytes {
    let mut sorted: Vec<&Signature> = signatures.iter().collect();
    sorted.sort_by_key(|signature| signature.owner);
    sorted.dedup_by_key(|signature| signature.owner);
    let mut fixed = Vec::with_capacity(sorted.len() * 65);
    let mut behind = Vec::new();
    for signature in &sorted {
        match &signature.consent {
            Consent::Signed { signature } => fixed.extend_from_slice(signature),
            Consent::Approved => {
                fixed.extend_from_slice(signature.owner.into_word().as_slice());
                fixed.extend_from_slice(&[0; 32]);
                fixed.push(1);
            }
            Consent::Contract { data } => {
                let at = U256::from(sorted.len() * 65 + behind.len());
                fixed.extend_from_slice(signature.owner.into_word().as_slice());
                fixed.extend_from_slice(&at.to_be_bytes::<32>());
                fixed.push(0);
                behind.extend_from_slice(&U256::from(data.len()).to_be_bytes::<32>());
                behind.extend_from_slice(data);
            }
        }
    }
    [fixed, behind].concat().into()
}

#[cfg(test)]
mod tests {
    use alloy_signer::SignerSync;
    use alloy_signer_local::PrivateKeySigner;

    use super::*;

    const HASH: B256 = B256::repeat_byte(0x11);

    fn given(owner: Address, consent: Consent) -> Signature {
        Signature { chain_id: 1, safe: Address::ZERO, safe_tx_hash: HASH, owner, consent }
    }

    #[test]
    fn signers_are_read_from_what_an_execution_is_given() {
        let key = |n: u64| PrivateKeySigner::from_bytes(&B256::from(U256::from(n))).unwrap();
        let (one, two) = (key(1), key(2));
        let by_hash = Consent::of_hash(&one.sign_hash_sync(&HASH).unwrap());
        let by_message = Consent::of_message(&two.sign_message_sync(HASH.as_slice()).unwrap());
        // As long as a signature, so that nothing but its place tells it from one.
        let contract = Consent::Contract { data: vec![1; 65].into() };
        let all = [
            given(one.address(), by_hash),
            given(two.address(), by_message),
            given(Address::repeat_byte(0xEE), Consent::Approved),
            given(Address::repeat_byte(0xFF), contract),
        ];
        let mut expected: Vec<Address> = all.iter().map(|signature| signature.owner).collect();
        expected.sort_unstable();
        assert_eq!(signers(HASH, &encode(&all)), expected);
        // Hostile bytes lead nowhere.
        assert!(signers(HASH, &[]).is_empty());
        assert!(signers(HASH, &[0xff; 64]).is_empty());
        assert!(signers(HASH, &vec![0xff; 65 * 1_000]).is_empty());
    }
}
