//! Times of a scenario: a time of UTC, or the end or beginning of a phase, and what is added to it.
//!
//! `full_weight_end + 7 days`, `registration_end + 1 block`, `now + 2 hours`, `2025-09-15T12:00Z`. Ends of phases are the beginning of the
//! phase's last L1 block, which still belongs to the phase.

use ephor_charter::{Problem, reading};
use toml::de::DeValue;

use super::Defect;
use crate::text;

/// A time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// From when it counts.
    pub base: Base,
    /// Seconds added.
    pub seconds: i64,
    /// L1 blocks added.
    pub blocks: i64,
    /// How it is written.
    pub text: String,
}

/// From when a time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Where the clock stands.
    Now,
    /// Unix seconds.
    Seconds(u64),
    /// A point of the story.
    Mark(Mark),
}

macro_rules! marks {
    ($($(#[doc = $doc:literal])* $mark:ident = $name:literal,)*) => {
        /// A point of the story.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mark { $($(#[doc = $doc])* $mark,)* }

        impl Mark {
            /// All of them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$mark),*];

            /// How it is written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$mark => $name,)* }
            }
        }
    };
}

marks! {
    /// The next election may be created.
    ElectionStart = "election_start",
    /// The last block of registration.
    RegistrationEnd = "registration_end",
    /// The first block of endorsement.
    EndorsementStart = "endorsement_start",
    /// The last block of endorsement.
    EndorsementEnd = "endorsement_end",
    /// The block whose hash is the seed of the draw, which is announced by the charter.
    DrawBlock = "draw_block",
    /// The last block of vetting.
    VettingEnd = "vetting_end",
    /// The first block of member voting.
    MemberVotingStart = "member_voting_start",
    /// The last block of full weight.
    FullWeightEnd = "full_weight_end",
    /// The last block of member voting.
    MemberVotingEnd = "member_voting_end",
    /// The first block of voting on the last removal proposed.
    RemovalStart = "removal_start",
    /// The last block of voting on the last removal proposed.
    RemovalEnd = "removal_end",
    /// The last block in which the last removal proposed can be executed.
    RemovalExpiry = "removal_expiry",
    /// The first block of voting on the core governor's last proposal.
    ProposalStart = "proposal_start",
    /// The last block of voting on the core governor's last proposal.
    ProposalEnd = "proposal_end",
    /// The core governor's last proposal has waited in the timelock.
    ProposalReady = "proposal_ready",
}

impl When {
    fn parse(text: &str) -> Result<Self, Defect> {
        let not = |part: &str| Defect::NotATime { found: text.to_owned(), part: part.to_owned() };
        let mut words = text.split_whitespace();
        let first = words.next().ok_or_else(|| not(text))?;
        let base = match Mark::ALL.into_iter().find(|mark| mark.name() == first) {
            Some(mark) => Base::Mark(mark),
            None if first == "now" => Base::Now,
            None => Base::Seconds(text::seconds(first).ok_or_else(|| not(first))?),
        };
        let mut when = Self { base, seconds: 0, blocks: 0, text: text.to_owned() };
        while let Some(sign) = words.next() {
            let sign = match sign {
                "+" => 1,
                "-" => -1,
                other => return Err(not(other)),
            };
            let number = words.next().unwrap_or_default();
            let unit = words.next().unwrap_or_default();
            let amount = number.replace('_', "").parse::<i64>().ok().filter(|amount| *amount >= 0);
            let amount = amount.ok_or_else(|| not(number))?;
            let (into, factor) = match unit.strip_suffix('s').unwrap_or(unit) {
                "block" => (&mut when.blocks, 1),
                "second" => (&mut when.seconds, 1),
                "minute" => (&mut when.seconds, 60),
                "hour" => (&mut when.seconds, 3_600),
                "day" => (&mut when.seconds, 86_400),
                "week" => (&mut when.seconds, 604_800),
                _ => return Err(not(if unit.is_empty() { number } else { unit })),
            };
            let sum = amount.checked_mul(factor * sign).and_then(|amount| into.checked_add(amount));
            *into = sum.ok_or_else(|| not(number))?;
        }
        Ok(when)
    }

    /// A length of time in seconds: `2 days`.
    pub(super) fn length(text: &str) -> Result<u64, Defect> {
        let not = |_| Defect::NotATime { found: text.to_owned(), part: text.to_owned() };
        let when = Self::parse(&format!("now + {text}")).map_err(not)?;
        // A century is long enough for every delay.
        let fits = |seconds: &u64| when.blocks == 0 && *seconds <= 3_155_760_000;
        u64::try_from(when.seconds).ok().filter(fits).ok_or_else(|| not(Defect::EmptyStep))
    }
}

/// A time as text, or a date of TOML.
impl reading::Setting for When {
    fn read(value: &DeValue<'_>) -> Result<Self, Problem> {
        let text = match value {
            DeValue::Datetime(date) => date.to_string(),
            _ => value.as_str().ok_or_else(|| reading::wrong("a time, in quotes", value))?.to_owned(),
        };
        Self::parse(&text).map_err(reading::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, base: Base, seconds: i64, blocks: i64) {
        assert_eq!(When::parse(text), Ok(When { base, seconds, blocks, text: text.into() }));
    }

    #[track_caller]
    fn refuse(text: &str, part: &str) {
        assert_eq!(When::parse(text), Err(Defect::NotATime { found: text.into(), part: part.into() }));
    }

    #[test]
    fn reads_phases_and_what_is_added() {
        check("now", Base::Now, 0, 0);
        check("full_weight_end + 7 days", Base::Mark(Mark::FullWeightEnd), 604_800, 0);
        check("registration_end - 1 block + 2 hours", Base::Mark(Mark::RegistrationEnd), 7_200, -1);
        check("2025-09-15T12:00Z + 1_000 blocks", Base::Seconds(1_757_937_600), 0, 1_000);
    }

    #[test]
    fn says_which_part_is_no_time() {
        refuse("2025-02-31T12:00Z", "2025-02-31T12:00Z");
        refuse("full_weight_ende + 1 day", "full_weight_ende");
        refuse("now + 1 fortnight", "fortnight");
        refuse("now + one day", "one");
        refuse("now +", "");
        refuse("now 3 days", "3");
        refuse("now + 9223372036854775807 weeks", "9223372036854775807");
    }
}
