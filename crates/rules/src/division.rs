//! Division of 256-bit numbers: what it gives, and how much room it takes.
//!
//! General long division is fast and large: as WASM it would be a tenth of a contract that divides once in a call. There it is done bit by
//! bit instead, a few microseconds for a hundred bytes. Elsewhere it is the number type's own. The two give the same, for every input.

use alloy_primitives::U256;

/// The quotient, rounded down, and the remainder; both zero for a zero divisor, as on the EVM.
pub fn divide(numerator: U256, divisor: U256) -> (U256, U256) {
    if divisor.is_zero() {
        return (U256::ZERO, U256::ZERO);
    }
    #[cfg(target_arch = "wasm32")]
    return bit_by_bit(numerator, divisor);
    #[cfg(not(target_arch = "wasm32"))]
    numerator.div_rem(divisor)
}

/// The quotient, rounded down; zero for a zero divisor.
pub fn quotient(numerator: U256, divisor: U256) -> U256 {
    divide(numerator, divisor).0
}

/// Long division in base two. The divisor is not zero.
#[cfg(any(target_arch = "wasm32", test))]
fn bit_by_bit(numerator: U256, divisor: U256) -> (U256, U256) {
    let (mut quotient, mut remainder) = (numerator, U256::ZERO);
    for _ in 0..U256::BITS {
        // The numerator moves out at the top of `quotient` into `remainder`, and the quotient in at its bottom.
        let (mut carry, mut fits) = (false, false);
        for half in [&mut quotient, &mut remainder] {
            fits = half.bit(255);
            *half = (*half << 1usize) | U256::from(u8::from(carry));
            carry = fits;
        }
        // Before the shift the remainder was below the divisor, so what was carried out of it makes it larger.
        if fits || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= U256::ONE;
        }
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(numerator: U256, divisor: U256) {
        assert_eq!(bit_by_bit(numerator, divisor), divide(numerator, divisor));
    }

    #[test]
    fn agrees_at_the_edges() {
        let edges = [U256::ONE, U256::from(2), U256::from(u64::MAX), U256::MAX >> 1, U256::MAX - U256::ONE, U256::MAX];
        for divisor in edges {
            check(U256::ZERO, divisor);
            for numerator in edges {
                check(numerator, divisor);
            }
        }
    }

    #[test]
    fn gives_zero_for_a_zero_divisor() {
        assert_eq!(divide(U256::ONE, U256::ZERO), (U256::ZERO, U256::ZERO));
    }

    proptest! {
        #[test]
        fn agrees_everywhere(numerator: [u64; 4], divisor: [u64; 4], shift in 0_usize..256) {
            let divisor = U256::from_limbs(divisor) >> shift;
            prop_assume!(!divisor.is_zero());
            prop_assert_eq!(
                bit_by_bit(U256::from_limbs(numerator), divisor),
                U256::from_limbs(numerator).div_rem(divisor)
            );
        }
    }
}
