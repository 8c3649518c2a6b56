//! Time: what a scenario's times mean, moving the clock, and what happens by itself on the way.

use ephor_charter::ChainKind;
use ephor_client::actions::proposals::Governor;
use ephor_network::{Message, MessageId, MessageState};

use super::{Impossible, RehearsalError, Run};
use crate::{
    report::Outcome,
    scenario::{Base, Mark, When},
    text,
};

impl Run<'_> {
    pub(super) fn now(&self) -> u64 {
        self.shared.lock().clock().now_seconds()
    }

    /// What a time means, in Unix seconds.
    pub(super) async fn resolve(&self, when: &When) -> Result<u64, RehearsalError> {
        let beyond = || self.impossible(Impossible::Beyond { text: when.text.clone() });
        let base = match when.base {
            Base::Now => self.now(),
            Base::Seconds(seconds) => seconds,
            Base::Mark(mark) => self.mark(mark, when).await?,
        };
        let slot = i64::try_from(self.shared.lock().clock().slot_seconds()).map_err(|_| beyond())?;
        let blocks = when.blocks.checked_mul(slot).ok_or_else(beyond)?;
        let added = blocks.checked_add(when.seconds).ok_or_else(beyond)?;
        // A hundred thousand years are enough for every council.
        base.checked_add_signed(added).filter(|seconds| *seconds < 3_000_000_000_000).ok_or_else(beyond)
    }

    async fn mark(&self, mark: Mark, when: &When) -> Result<u64, RehearsalError> {
        let not_yet = |missing| self.impossible(Impossible::NotYet { text: when.text.clone(), missing });
        if mark == Mark::ElectionStart {
            return Ok(self.council.election(self.council.elections().await?).await?.start_seconds);
        }
        let proposal = |governor| async move {
            let proposals = self.council.proposals(governor).await?;
            proposals.into_iter().next_back().ok_or_else(|| not_yet("nothing is proposed"))
        };
        let block = match mark {
            Mark::RemovalStart => proposal(Governor::Removal).await?.snapshot.l1_block.saturating_add(1),
            Mark::RemovalEnd => proposal(Governor::Removal).await?.deadline.l1_block,
            Mark::RemovalExpiry => {
                let expiry = proposal(Governor::Removal).await?.expiry;
                expiry.ok_or_else(|| not_yet("the removal has no expiry"))?.l1_block
            }
            Mark::ProposalStart => proposal(Governor::Core).await?.snapshot.l1_block.saturating_add(1),
            Mark::ProposalEnd => proposal(Governor::Core).await?.deadline.l1_block,
            Mark::ProposalReady => {
                let ready = proposal(Governor::Core).await?.ready_seconds;
                return ready.ok_or_else(|| not_yet("the proposal is not queued"));
            }
            _ => {
                let view = self.council.election(self.election).await?;
                let nomination = view.nomination.ok_or_else(|| not_yet("the election is not created"))?;
                let voting = view.voting.ok_or_else(|| not_yet("the member election is not started"));
                match mark {
                    Mark::RegistrationEnd => nomination.registration.l1_block,
                    Mark::EndorsementStart => nomination.registration.l1_block.saturating_add(1),
                    Mark::EndorsementEnd => nomination.endorsement.l1_block,
                    Mark::DrawBlock => {
                        nomination.endorsement.l1_block.saturating_add(self.charter.fallback.draw_after_blocks)
                    }
                    Mark::VettingEnd => nomination.vetting.l1_block,
                    Mark::MemberVotingStart => voting?.snapshot.l1_block.saturating_add(1),
                    Mark::FullWeightEnd => voting?.full_weight.l1_block,
                    _ => voting?.deadline.l1_block,
                }
            }
        };
        Ok(self.shared.lock().clock().seconds_of(block))
    }

    /// Moves the clock to a time of the scenario. What is done on a chain with slots takes effect in the slot after the clock's, so
    /// the clock stops a slot before, that the time be the deed's.
    pub(super) fn move_to(&mut self, seconds: u64, when: &When, acts: bool) -> Result<(), RehearsalError> {
        let now = self.now();
        let seconds =
            if acts && when.base != Base::Now { self.before_slot(seconds)?.max(now.min(seconds)) } else { seconds };
        if seconds < now {
            return Err(self.impossible(Impossible::Past {
                text: when.text.clone(),
                wanted: text::utc(seconds),
                now: text::utc(now),
            }));
        }
        self.advance(seconds)
    }

    /// The time to which the clock is moved so that something done then takes effect at `seconds` on the governance chain.
    pub(super) fn before_slot(&self, seconds: u64) -> Result<u64, RehearsalError> {
        if self.council.governance_chain()?.kind != ChainKind::Ethereum {
            return Ok(seconds);
        }
        let network = self.shared.lock();
        let clock = network.clock();
        let block = clock.l1_block_at(seconds);
        // The first slot that does not begin before the time.
        let slot =
            if clock.seconds_of(block) < seconds { clock.seconds_of(block + 1) } else { clock.seconds_of(block) };
        Ok(slot.saturating_sub(clock.slot_seconds()))
    }

    /// Moves the clock, and tells what happens by itself on the way.
    pub(super) fn advance(&mut self, seconds: u64) -> Result<(), RehearsalError> {
        loop {
            self.notice_messages()?;
            let due = self.shared.lock().in_flight().filter_map(due_seconds).min();
            let Some(due) = due.filter(|due| *due <= seconds) else { break };
            let now = self.now();
            self.shared.lock().advance_to(due.max(now))?;
            // What was due has happened, so the next round finds something later.
            if self.shared.lock().in_flight().filter_map(due_seconds).min() == Some(due) && now >= due {
                break;
            }
        }
        let now = self.now();
        if seconds > now {
            self.shared.lock().advance_to(seconds)?;
        }
        self.let_time_show()?;
        self.notice_messages()
    }

    /// Chains that make blocks on demand show the time by an empty block, as live ones do by the transactions of others.
    pub(super) fn let_time_show(&mut self) -> Result<(), RehearsalError> {
        for site in &self.council.deployment().chains {
            let mut network = self.shared.lock();
            let chain = network.chain(site.chain_id)?;
            let latest = chain.block(chain.head());
            let behind = latest.is_none_or(|block| block.header.timestamp < network.clock().now_seconds());
            if site.kind == ChainKind::Arbitrum && behind {
                network.mine(site.chain_id)?;
            }
        }
        Ok(())
    }

    /// Moves the clock so that something done then takes effect in an L1 block.
    pub(super) fn advance_to_block(&mut self, l1_block: u64) -> Result<(), RehearsalError> {
        let seconds = self.shared.lock().clock().seconds_of(l1_block);
        let seconds = self.before_slot(seconds)?;
        if seconds > self.now() { self.advance(seconds) } else { Ok(()) }
    }

    /// Tells which messages moved by themselves.
    pub(super) fn notice_messages(&mut self) -> Result<(), RehearsalError> {
        for message in self.network_messages() {
            let Message { id, state, .. } = message;
            let known = self.messages.insert(id, state);
            if known == Some(state) {
                continue;
            }
            let (from, to) = (self.chain_name(message.from_chain), self.chain_name(message.to_chain));
            let (from_title, to_title) = (self.title(&from), self.title(&to));
            let (what, could) = match (id, state) {
                (MessageId::ToParent { position, .. }, MessageState::Executable) => (
                    format!(
                        "message {position} from {from_title} is past its challenge period and confirmed on {to_title}"
                    ),
                    "happens by itself",
                ),
                (MessageId::ToChild { number, .. }, MessageState::Redeemable { until_seconds }) => (
                    format!(
                        "ticket {number} arrives on {to_title}; it can be redeemed until {}",
                        text::utc(until_seconds)
                    ),
                    "happens by itself",
                ),
                (MessageId::ToChild { number, .. }, MessageState::Expired) => {
                    (format!("ticket {number} expires on {to_title}: nobody redeemed it in time"), "happens by itself")
                }
                _ => continue,
            };
            self.tell(&to, None, what, could, Outcome::Happened, 0)?;
        }
        Ok(())
    }

    /// The name of a chain by id.
    pub(super) fn chain_name(&self, chain_id: u64) -> String {
        let site = self.council.deployment().chain_by_id(chain_id);
        site.map_or_else(|| chain_id.to_string(), |site| site.name.clone())
    }
}

/// When something happens to a message by itself.
pub(super) fn due_seconds(message: &Message) -> Option<u64> {
    match message.state {
        MessageState::Challenged { until_seconds }
        | MessageState::Travelling { until_seconds }
        | MessageState::Redeemable { until_seconds } => Some(until_seconds),
        _ => None,
    }
}
