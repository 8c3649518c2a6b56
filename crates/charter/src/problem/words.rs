//! Words for problems and remedies: lists, amounts, and what was probably meant.

use alloy_primitives::U256;

use crate::document::UNITS_PER_TOKEN;

/// Names as a list in words.
pub(super) fn list<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// An amount in the smallest unit as tokens, to the last digit.
pub(super) fn in_tokens(amount: U256) -> String {
    let unit = U256::from(UNITS_PER_TOKEN);
    let (whole, rest) = (amount / unit, amount % unit);
    if rest.is_zero() { whole.to_string() } else { format!("{whole}.{rest:0>18}").trim_end_matches('0').to_owned() }
}

/// The known word that differs least from `found`, if it differs little.
pub(super) fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|word| (distance(found, word), *word)).min()?;
    (distance <= 2.max(found.len() / 4)).then_some(near)
}

/// How many characters to insert, remove or exchange to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let exchange = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = exchange.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
