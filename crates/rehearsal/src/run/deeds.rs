//! Each deed, done.

use alloy_primitives::{Address, U256};
use ephor_abi::election::IMemberElection;
use ephor_charter::{Holder, Part, Role};
use ephor_client::{
    Deadline, Proposal, ReadError, Support,
    actions::{
        council::Consent,
        election::{Choice, Round},
        proposals::Governor,
    },
    election_id,
    views::ProposalView,
};

use super::{Impossible, RehearsalError, Run};
use crate::{
    report::{Amount, Outcome, Person, Point},
    scenario::{Candidate, Change, Deed, Step},
    text,
};

impl Run<'_> {
    /// Does what a step does.
    pub(super) async fn deed(&mut self, step: &Step, deed: &Deed) -> Result<(), RehearsalError> {
        match deed {
            Deed::CreateElection => self.create_election(&step.who).await,
            Deed::Register(contenders) => {
                for contender in contenders {
                    self.register(&step.who, contender).await?;
                }
                Ok(())
            }
            Deed::RegisterAll => self.register_all(&step.who).await,
            Deed::Cast { round, candidates, by_signature } => {
                for voter in &step.who {
                    self.cast(voter, *round, candidates, *by_signature).await?;
                }
                self.sample().await
            }
            Deed::Exclude(nominee) => self.exclude(&step.who, nominee, None).await,
            Deed::Vet => self.vet(&step.who).await,
            Deed::Include(account) => self.include(&step.who, account).await,
            Deed::Draw { seats } => self.draw(&step.who, *seats).await,
            Deed::StartMemberElection => self.start_member_election(&step.who).await,
            Deed::InstallCohort => self.install_cohort(&step.who).await,
            Deed::ProposeRemoval(member) => self.propose_removal(&step.who, member).await,
            Deed::VoteRemoval(support) => self.vote_proposal(&step.who, Governor::Removal, *support).await,
            Deed::ExecuteRemoval => self.execute_proposal(&step.who, Governor::Removal).await,
            Deed::Change { change, approvals } => self.change(step.safe.as_deref(), change, *approvals).await,
            Deed::Relay { stage, update, wait } => self.relay(&step.who, *stage, *update, *wait).await,
            Deed::Replay(record) => self.replay(record).await,
            Deed::Fault { fault, chain } => self.fault(*fault, chain),
            Deed::ModelEndorsements => self.model_endorsements().await,
            Deed::ModelVotes => self.model_votes().await,
            Deed::Propose { title, to, call } => {
                let proposal = Proposal {
                    targets: vec![*to],
                    values: vec![U256::ZERO],
                    calldatas: vec![call.clone()],
                    description: title.clone(),
                };
                let prepared = self.council.propose(Governor::Core, &proposal)?;
                let who = self.actor(&step.who, "anyone");
                let could = "any delegate with enough votes";
                self.act(&who, &prepared, format!("proposes to the core governor: {title}"), could).await?;
                Ok(())
            }
            Deed::VoteProposal(support) => self.vote_proposal(&step.who, Governor::Core, *support).await,
            Deed::QueueProposal => {
                let proposal = self.last_proposal(Governor::Core).await?.proposal;
                let prepared = self.council.queue(&proposal)?;
                let who = self.actor(&step.who, "anyone");
                let what = format!("puts the proposal \"{}\" into the timelock", proposal.description);
                self.act(&who, &prepared, what, "anyone, once it has succeeded").await?;
                Ok(())
            }
            Deed::ExecuteProposal => self.execute_proposal(&step.who, Governor::Core).await,
        }
    }

    async fn create_election(&mut self, who: &[Person]) -> Result<(), RehearsalError> {
        let index = self.council.elections().await?;
        let prepared = self.council.create_election(index)?;
        let who = self.actor(who, "anyone");
        let could = "anyone, once the election is due";
        let done = self.act(&who, &prepared, format!("creates election {index}"), could).await?;
        if done.succeeded() {
            self.election = index;
            let view = self.council.election(index).await?;
            let cohort = self.cohort_name(view.cohort);
            self.detail(format!("{} seats of the cohort \"{cohort}\" are up.", view.seats));
        }
        Ok(())
    }

    /// The name of a cohort.
    pub(super) fn cohort_name(&self, cohort: u8) -> String {
        let cohorts = &self.charter.council.cohorts;
        cohorts.get(usize::from(cohort)).map_or_else(|| cohort.to_string(), |cohort| cohort.name.clone())
    }

    async fn register(&mut self, who: &[Person], contender: &Person) -> Result<(), RehearsalError> {
        let contender = &self.person(contender.address);
        let typed = self.council.registration(self.election)?;
        let signature = self.signature(contender.address, &typed)?;
        let prepared = self.council.register(self.election, &signature, Some(contender.address))?;
        let by = if who.is_empty() { contender.clone() } else { self.actor(who, "anyone") };
        let what = format!("registers {contender} as a contender, by {contender}'s signature");
        self.act(&by, &prepared, what, "anyone who has the contender's signature").await?;
        Ok(())
    }

    async fn register_all(&mut self, who: &[Person]) -> Result<(), RehearsalError> {
        let end = self.council.election(self.election).await?.nomination.map(|view| view.registration.seconds);
        for (contender, seconds) in &self.scenario.contenders {
            let wanted = seconds.filter(|seconds| end.is_some_and(|end| *seconds <= end) && *seconds > self.now());
            if let Some(seconds) = wanted {
                self.advance(seconds)?;
            }
            self.register(who, contender).await?;
        }
        Ok(())
    }

    async fn cast(
        &mut self,
        voter: &Person,
        round: Round,
        candidates: &[Candidate],
        by_signature: bool,
    ) -> Result<(), RehearsalError> {
        for candidate in candidates {
            let votes = match candidate.votes {
                Some(votes) => votes,
                None => self.council.power(round, self.election, voter.address).await?.available,
            };
            let choice = Choice { candidate: candidate.person.address, votes };
            let weight_before = self.came.weight;
            let verb = if round == Round::Endorsement { "endorses" } else { "votes for" };
            let (by, prepared, what) = if by_signature {
                let typed = self.council.ballot(round, self.election, choice, "")?;
                let signature = self.signature(voter.address, &typed)?;
                let prepared = self.council.cast_signed(round, self.election, choice, "", &signature)?;
                let what = format!(
                    "hands in {voter}'s signed ballot: {verb} {} with {} votes",
                    candidate.person,
                    text::tokens(votes)
                );
                (self.anyone.clone(), prepared, what)
            } else {
                let prepared = self.council.cast(round, self.election, choice)?;
                let what = format!("{verb} {} with {} votes", candidate.person, text::tokens(votes));
                (voter.clone(), prepared, what)
            };
            let could = if by_signature { "anyone who has the delegate's signature" } else { "the delegate" };
            let done = self.act(&by, &prepared, what, could).await?;
            if done.succeeded() {
                let counted = text::tokens(self.came.weight.saturating_sub(weight_before));
                self.detail(match round {
                    Round::Endorsement => {
                        format!("{counted} of them count; a nominee needs no more than the threshold.")
                    }
                    Round::Members => format!("They weigh {counted}."),
                });
            }
        }
        Ok(())
    }

    async fn start_member_election(&mut self, who: &[Person]) -> Result<(), RehearsalError> {
        let prepared = self.council.start_member_election(self.election)?;
        let who = self.actor(who, "anyone");
        let what = format!("starts the member election of election {}", self.election);
        let done =
            self.act(&who, &prepared, what, "anyone, once vetting is over and there are enough nominees").await?;
        if done.succeeded() {
            let view = self.council.election(self.election).await?;
            let nominees = view.nomination.map(|view| view.compliant).unwrap_or_default();
            self.detail(format!(
                "{} stand for {} seats: {}.",
                text::count(nominees.len(), "nominee", "nominees"),
                view.seats,
                self.names(&nominees)
            ));
            self.sample().await?;
        }
        Ok(())
    }

    async fn install_cohort(&mut self, who: &[Person]) -> Result<(), RehearsalError> {
        let prepared = self.council.install_cohort(self.election)?;
        let who = self.actor(who, "anyone");
        let what = format!("hands the winners of election {} to the council manager", self.election);
        let done = self.act(&who, &prepared, what, "anyone, once voting is over").await?;
        self.sample().await?;
        if done.succeeded() {
            let view = self.council.election(self.election).await?;
            let cohort = &self.council.members().await?.cohorts[usize::from(view.cohort).min(1)];
            self.detail(format!("Elected, by ascending weight: {}.", self.names(cohort)));
            self.tell_update().await?;
        }
        Ok(())
    }

    /// Tells which update the last change began.
    pub(super) async fn tell_update(&mut self) -> Result<(), RehearsalError> {
        let nonce = self.council.members().await?.update_nonce;
        let pipeline = self.council.pipeline().await?;
        let update =
            pipeline.updates.into_iter().find(|view| view.update.as_ref().is_some_and(|name| name.nonce == nonce));
        if let Some(view) = update {
            self.detail(format!(
                "Update {nonce} is scheduled on the core timelock as operation {}, to be executed from {} on.",
                view.operation.id,
                text::utc(view.operation.ready_seconds)
            ));
        }
        Ok(())
    }

    async fn propose_removal(&mut self, who: &[Person], member: &Person) -> Result<(), RehearsalError> {
        let description = format!("Remove {} from the Security Council (step {})", member.address, self.step);
        let prepared = self.council.propose_removal(member.address, &description)?;
        let who = self.actor(who, "anyone");
        let what = format!("proposes to remove {member} from the council");
        self.act(&who, &prepared, what, "any delegate with enough votes").await?;
        Ok(())
    }

    /// The last proposal of a governor.
    pub(super) async fn last_proposal(&self, governor: Governor) -> Result<ProposalView, RehearsalError> {
        let what = match governor {
            Governor::Removal => "proposal to remove a member",
            Governor::Core => "proposal of the core governor",
        };
        let last = self.council.proposals(governor).await?.into_iter().next_back();
        last.ok_or_else(|| self.impossible(Impossible::NoProposal { what }))
    }

    async fn vote_proposal(
        &mut self,
        who: &[Person],
        governor: Governor,
        support: Support,
    ) -> Result<(), RehearsalError> {
        let view = self.last_proposal(governor).await?;
        for voter in who {
            let prepared = self.council.vote_on(governor, view.id, support)?;
            let what = match view.removes {
                Some(member) => format!("votes {support} removing {}", self.person(member)),
                None => format!("votes {support} the proposal \"{}\"", view.proposal.description),
            };
            self.act(voter, &prepared, what, "any delegate").await?;
        }
        Ok(())
    }

    async fn execute_proposal(&mut self, who: &[Person], governor: Governor) -> Result<(), RehearsalError> {
        let view = self.last_proposal(governor).await?;
        let prepared = self.council.execute(governor, &view.proposal)?;
        let who = self.actor(who, "anyone");
        let what = match view.removes {
            Some(member) => format!("executes the removal of {}", self.person(member)),
            None => format!("executes the proposal \"{}\"", view.proposal.description),
        };
        let done = self.act(&who, &prepared, what, "anyone, once it has succeeded").await?;
        if done.succeeded() && view.removes.is_some() {
            self.tell_update().await?;
        }
        Ok(())
    }

    /// Changes the council through a Safe: as many owners sign as the Safe takes, or as the scenario says.
    async fn change(
        &mut self,
        safe: Option<&str>,
        change: &Change,
        approvals: Option<usize>,
    ) -> Result<(), RehearsalError> {
        let (role, prepared, what) = match change {
            Change::Add { member, cohort } => (
                Role::MemberAdder,
                self.council.add_member(member.address, *cohort)?,
                format!("adds {member} to the cohort \"{}\"", self.cohort_name(*cohort)),
            ),
            Change::Remove { member } => {
                (Role::MemberRemover, self.council.remove_member(member.address)?, format!("removes {member}"))
            }
            Change::Replace { member, newcomer } => (
                Role::MemberReplacer,
                self.council.replace_member(member.address, newcomer.address)?,
                format!("replaces {member} by {newcomer}"),
            ),
            Change::Rotate { current, next } => (
                Role::MemberRotator,
                self.council.rotate_member(current.address, next.address)?,
                format!("rotates the key of {current} to {next}"),
            ),
        };
        let holder = self
            .charter
            .grants(Part::CouncilManager, role)
            .flat_map(|grant| &grant.holders)
            .find_map(|holder| if let Holder::Safe(safe) = holder { Some(safe.clone()) } else { None });
        let safe = safe.map(str::to_owned).or(holder);
        let safe = safe.ok_or_else(|| self.impossible(Impossible::NoSafe { role: role.name() }))?;
        let view = self.council.members().await?;
        let site = view.safes.iter().find(|view| view.name == safe);
        let (owners, threshold, address) =
            site.map(|site| (site.owners.clone(), site.threshold, site.address)).unwrap_or_default();
        let approvals = approvals.unwrap_or_else(|| usize::try_from(threshold).unwrap_or(usize::MAX));
        let transaction = self.council.safe_transaction(&safe, &prepared).await?;
        let typed = transaction.typed();
        let mut consents = Vec::new();
        for owner in owners.iter().take(approvals) {
            consents.push(Consent::Signed { owner: *owner, signature: self.signature(*owner, &typed)? });
        }
        let execute = transaction.execute(&consents);
        let actor = self.scenario.people.find("anyone").unwrap_or_else(|| self.anyone.clone());
        let what =
            format!("has the Safe {safe} act: it {what}, with {} of {} owners signing", consents.len(), owners.len());
        let could = format!("anyone who has the signatures of {threshold} owners");
        // A Safe does not say why its call failed: the call is tried alone first.
        let inner = self.council.simulate(&prepared, address).await?;
        let done = self.act(&actor, &execute, what, &could).await?;
        if done.succeeded() {
            self.tell_update().await?;
        } else if let (Some(inner), Some((names, detail))) = (inner, self.came.refusals.last_mut()) {
            names.push(inner.name());
            detail.push_str(&format!(", because the manager refuses: {inner}"));
            let detail = detail.clone();
            if let Some(entry) = self.timeline.last_mut() {
                entry.outcome = Outcome::Refused { error: inner.name(), detail };
            }
        }
        Ok(())
    }

    /// Notes every nominee's weight, while there is a member election.
    pub(super) async fn sample(&mut self) -> Result<(), RehearsalError> {
        let view = self.council.election(self.election).await?;
        let (Some(nomination), Some(voting)) = (view.nomination, view.voting) else { return Ok(()) };
        self.sample_weights(&nomination.compliant, voting.deadline).await
    }

    /// Notes the weight of each of these nominees, in an election that ends with `deadline`.
    pub(super) async fn sample_weights(
        &mut self,
        nominees: &[Address],
        deadline: Deadline,
    ) -> Result<(), RehearsalError> {
        let (l1_block, seconds) = {
            let network = self.shared.lock();
            (network.clock().l1_block().min(deadline.l1_block), network.clock().now_seconds().min(deadline.seconds))
        };
        for nominee in nominees {
            let call =
                IMemberElection::weightReceivedCall { proposalId: election_id(self.election), nominee: *nominee };
            let weight = Amount(self.council.ask(Part::MemberElection, &call).await?);
            let points = self.samples.entry(self.election).or_default().entry(*nominee).or_default();
            match points.last_mut() {
                Some(last) if last.l1_block >= l1_block => last.weight = weight,
                _ => points.push(Point { l1_block, seconds, weight }),
            }
        }
        Ok(())
    }

    /// The hash of an L1 block, if it exists.
    pub(super) async fn l1_hash(&self, number: u64) -> Result<Option<alloy_primitives::B256>, RehearsalError> {
        use alloy_provider::Provider;
        let chain = self.council.deployment().l1_chain()?.name.clone();
        let provider = self.council.provider(&chain)?;
        let params = (format!("{number:#x}"), false);
        let block: serde_json::Value =
            provider.raw_request("eth_getBlockByNumber".into(), params).await.map_err(|source| {
                RehearsalError::Read(ReadError::Transport { chain: chain.clone(), source: Box::new(source) })
            })?;
        Ok(block.get("hash").and_then(|hash| serde_json::from_value(hash.clone()).ok()))
    }
}
