//! What the vetter does: excluding, including, drawing.

use alloy_primitives::Address;
use ephor_client::views::ElectionView;
use ephor_rules::{draw::draws, organisations::excluded};

use super::{Impossible, RehearsalError, Run};
use crate::{
    report::{Outcome, Person},
    text,
};

impl Run<'_> {
    pub(super) async fn exclude(
        &mut self,
        who: &[Person],
        nominee: &Person,
        why: Option<String>,
    ) -> Result<(), RehearsalError> {
        let prepared = self.council.exclude(self.election, nominee.address)?;
        let who = self.actor(who, "vetter");
        self.act(&who, &prepared, format!("excludes the nominee {nominee}"), "the vetter").await?;
        if let Some(why) = why {
            self.detail(why);
        }
        Ok(())
    }

    pub(super) async fn include(&mut self, who: &[Person], account: &Person) -> Result<(), RehearsalError> {
        let prepared = self.council.include(self.election, account.address)?;
        let who = self.actor(who, "vetter");
        self.act(
            &who,
            &prepared,
            format!("includes {account} as a nominee"),
            "the vetter, while there are too few nominees",
        )
        .await?;
        Ok(())
    }

    /// Excludes the nominees who would lift their organisation above its share of seats: by the rule, most endorsed first.
    pub(super) async fn vet(&mut self, who: &[Person]) -> Result<(), RehearsalError> {
        let view = self.council.election(self.election).await?;
        let most = self.charter.council.seats_per_organisation;
        let members = self.council.members().await?;
        let staying = &members.cohorts[usize::from(view.cohort == 0)];
        let organisation = |address: &Address| self.scenario.people.organisation(*address).map(str::to_owned);
        let sitting: Vec<Option<String>> = staying.iter().map(organisation).collect();
        let mut nominees = nominees(&view);
        nominees.sort_by_key(|(_, endorsed)| std::cmp::Reverse(*endorsed));
        let of: Vec<Option<String>> = nominees.iter().map(|(nominee, _)| organisation(nominee)).collect();
        let out = excluded(&sitting, &of, most);
        if out.is_empty() {
            let governance = self.governance.clone();
            let vetter = self.actor(who, "vetter");
            let what = format!("finds no organisation that could hold more than {most} seats");
            self.tell(&governance, Some(vetter), what, "the vetter", Outcome::Happened, 0)?;
        }
        for place in out {
            let nominee = self.person(nominees[place].0);
            let organisation = of[place].clone().unwrap_or_default();
            let why = format!("{organisation} could otherwise hold more than {most} seats of the council.");
            self.exclude(who, &nominee, Some(why)).await?;
        }
        Ok(())
    }

    /// Draws members of the outgoing cohort into the seats that have no nominee, with the hash of the announced block as seed.
    pub(super) async fn draw(&mut self, who: &[Person], seats: Option<usize>) -> Result<(), RehearsalError> {
        let view = self.council.election(self.election).await?;
        let missing = "the election is not created";
        let nomination =
            view.nomination.as_ref().ok_or_else(|| self.impossible(Impossible::NoCandidates { missing }))?;
        let block = nomination.endorsement.l1_block.saturating_add(self.charter.fallback.draw_after_blocks);
        let l1 = self.council.deployment().l1_chain()?.name.clone();
        let past = self.council.now(&l1).await?.l1_block >= block;
        let seed = if past { self.l1_hash(block).await? } else { None };
        let seed = seed.ok_or_else(|| self.impossible(Impossible::NoSeed { block }))?;
        let members = self.council.members().await?;
        let outgoing = &members.cohorts[usize::from(view.cohort).min(1)];
        let excluded: Vec<Address> = nomination
            .contenders
            .iter()
            .filter(|contender| contender.excluded)
            .map(|contender| contender.address)
            .collect();
        let mut urn: Vec<Address> = outgoing
            .iter()
            .copied()
            .filter(|member| !nomination.compliant.contains(member) && !excluded.contains(member))
            .collect();
        urn.sort_unstable();
        let seats = seats.unwrap_or_else(|| view.seats.saturating_sub(nomination.compliant.len()));
        let draws = draws(seed, &urn, seats).map_err(|error| self.impossible(Impossible::Draw(error)))?;
        let drawn: Vec<Address> = draws.iter().map(|drawn| drawn.candidate).collect();
        let governance = self.governance.clone();
        let vetter = self.actor(who, "vetter");
        let what = format!(
            "draws {} of the outgoing cohort: {}",
            text::count(drawn.len(), "member", "members"),
            self.names(&drawn)
        );
        self.tell(&governance, Some(vetter), what, "anyone can repeat the draw", Outcome::Happened, 0)?;
        self.detail(format!(
            "Seed: {seed}, the hash of L1 block {}, which was announced before it existed.",
            text::grouped(&block.to_string())
        ));
        let urn: Vec<String> = urn.iter().map(ToString::to_string).collect();
        self.detail(format!("Urn, by ascending address: {}.", urn.join(", ")));
        self.detail(
            "Each draw takes out the place keccak256(seed ‖ counter) mod the number left, places and the counter of 32 bytes counting from \
             zero; a word among the last 2^256 mod the number left is passed over."
                .into(),
        );
        for drawn in &draws {
            self.detail(format!(
                "Counter {}: {:#066x} mod {} is place {}, {} ({}).",
                drawn.counter,
                drawn.word,
                drawn.left,
                drawn.place,
                drawn.candidate,
                self.person(drawn.candidate)
            ));
        }
        for member in drawn {
            let member = self.person(member);
            self.include(who, &member).await?;
        }
        Ok(())
    }
}

/// Nominees who are not excluded, with their endorsements.
fn nominees(view: &ElectionView) -> Vec<(Address, alloy_primitives::U256)> {
    let Some(nomination) = &view.nomination else { return Vec::new() };
    let standing = nomination.contenders.iter().filter(|contender| contender.nominee && !contender.excluded);
    standing.map(|contender| (contender.address, contender.endorsed)).collect()
}
