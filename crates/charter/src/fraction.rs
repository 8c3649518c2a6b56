//! Fractions of votes, as the contracts count them: in ten-thousandths.

use crate::{
    document::{Section, Sited},
    problem::VoteProblem,
};
use ephor_rules::threshold;

/// What the contracts divide by.
pub const TEN_THOUSANDTHS: u64 = 10_000;

/// A part of a whole, greater than zero and at most one. It is a whole number of ten-thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub numerator: u64,
    /// Below the line.
    pub denominator: u64,
}

impl Fraction {
    /// The fraction as the rules compute with it.
    pub fn rule(self) -> threshold::Fraction {
        threshold::Fraction::new(self.numerator, self.denominator)
    }

    /// The fraction in ten-thousandths.
    pub const fn ten_thousandths(self) -> u64 {
        let product = self.numerator as u128 * TEN_THOUSANDTHS as u128 / self.denominator as u128;
        if product > u64::MAX as u128 {
            u64::MAX
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "compared above")]
            let narrow = product as u64;
            narrow
        }
    }
}

/// Reads `key = { numerator = …, denominator = … }`, which must be there.
pub(crate) fn read(section: &mut Section<'_>, key: &'static str) -> Option<Sited<Fraction>> {
    section.section(key).and_then(read_section)
}

/// Reads `key = { numerator = …, denominator = … }`, which may be absent.
pub(crate) fn read_optional(section: &mut Section<'_>, key: &'static str) -> Option<Sited<Fraction>> {
    section.optional_section(key).and_then(read_section)
}

fn read_section(mut section: Section<'_>) -> Option<Sited<Fraction>> {
    let source = section.source;
    let span = section.span();
    let numerator = section.positive::<u64>("numerator");
    let denominator = section.required::<u64>("denominator");
    section.finish();
    let (numerator, denominator) = (numerator?, denominator?);
    let fraction = Fraction { numerator: numerator.value, denominator: denominator.value };
    if let Err(error) = fraction.rule().check() {
        let site = if denominator.value == 0 { denominator.span } else { numerator.span };
        source.report(site, VoteProblem::Fraction(error));
        return None;
    }
    if u128::from(fraction.numerator) * u128::from(TEN_THOUSANDTHS) % u128::from(fraction.denominator) != 0 {
        let problem =
            VoteProblem::NotInTenThousandths { numerator: fraction.numerator, denominator: fraction.denominator };
        source.report(span, problem);
        return None;
    }
    Some(Sited { value: fraction, span })
}
