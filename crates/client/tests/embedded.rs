//! A council on an embedded network, from the outside: only providers, actions and views.

use std::path::Path;

use alloy_network::Ethereum;
use alloy_primitives::{Address, B256, U256};
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ephor_charter::{Charter, Part};
use ephor_client::{
    Council, Done, Prepared, ProposalState, SendError, Support,
    actions::{
        council::Consent,
        election::{Choice, Round},
        proposals::Governor,
    },
    route::Plan,
    views::pipeline::{DeliveryState, StepKind, Who},
};
use ephor_deploy::{Allocation, stand_up};
use ephor_network::Shared;
use ephor_rules::stages::Phase;

/// A charter on an embedded network, with twenty delegates who have a fortieth of the votable supply each.
struct World {
    charter: Charter,
    shared: Shared,
    council: Council,
    delegates: Vec<PrivateKeySigner>,
    /// The next election.
    index: u64,
}

const ANYONE: Address = Address::repeat_byte(0xAA);

fn signer(number: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(0x1000 + number))).expect("a key")
}

impl World {
    fn up(name: &str) -> Self {
        let charter = Charter::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name)).unwrap();
        let delegates: Vec<_> = (0..20).map(signer).collect();
        let votes = charter.token.votable_supply() / U256::from(40);
        let allocations: Vec<_> =
            delegates.iter().map(|delegate| Allocation { account: delegate.address(), votes }).collect();
        let stood = stand_up(&charter, &allocations, charter.next_election_seconds() - 86_400, None).unwrap();
        let mut network = stood.network;
        for delegate in &delegates {
            let chain = stood.deployment.governance_chain().unwrap().chain_id;
            network.chain_mut(chain).unwrap().set_balance(delegate.address(), U256::from(1_000_000_000_u64)).unwrap();
        }
        let shared = Shared::new(network);
        let providers = stood.deployment.chains.iter().map(|chain| {
            let endpoint = shared.endpoint(chain.chain_id).unwrap();
            let provider = RootProvider::<Ethereum>::new(RpcClient::new(endpoint, true));
            (chain.name.clone(), provider.erased())
        });
        let providers: Vec<_> = providers.collect();
        let council = Council::new(stood.deployment, providers).unwrap();
        let index = charter.council.elections_held;
        Self { charter, shared, council, delegates, index }
    }

    fn seats(&self) -> usize {
        self.charter.council.seats_per_cohort
    }

    fn advance_to(&self, seconds: u64) {
        let mut network = self.shared.lock();
        let now = network.clock().now_seconds();
        network.advance_to(seconds.max(now)).unwrap();
    }

    fn past_block(&self, l1_block: u64) {
        self.shared.lock().advance_to_l1_block(l1_block + 1).unwrap();
    }

    async fn end_of_phase(&self) {
        let until = self.council.election(self.index).await.unwrap().until.expect("a phase that a block ends");
        self.past_block(until.l1_block);
    }

    #[track_caller]
    fn done(&self, what: &Prepared, result: Result<Done, SendError>) -> Done {
        let done = result.unwrap_or_else(|error| panic!("{}: {error}", what.action));
        assert!(done.succeeded(), "{}: {}", what.action, done.revert.as_ref().unwrap());
        done
    }

    async fn send(&self, what: &Prepared, from: Address) -> Done {
        self.done(what, self.council.send(what, from).await)
    }

    async fn refused(&self, what: &Prepared, from: Address) -> String {
        let done = self.council.send(what, from).await.unwrap();
        done.revert.unwrap_or_else(|| panic!("{} was not refused", what.action)).name()
    }

    /// Creates the election, registers contenders by signature.
    async fn register(&self, contenders: &[PrivateKeySigner]) {
        let create = self.council.create_election(self.index).unwrap();
        assert_eq!(self.refused(&create, ANYONE).await, "CreateTooEarly");
        self.advance_to(self.charter.next_election_seconds());
        self.send(&create, ANYONE).await;
        for contender in contenders {
            let digest = self.council.registration(self.index).unwrap().digest;
            let signature = contender.sign_hash_sync(&digest).unwrap();
            let register = self.council.register(self.index, &signature, Some(contender.address())).unwrap();
            self.send(&register, ANYONE).await;
        }
    }

    /// Each delegate endorses one contender until it is a nominee; one of them by signature.
    async fn endorse(&self, contenders: &[PrivateKeySigner]) {
        self.end_of_phase().await;
        let view = self.council.election(self.index).await.unwrap();
        assert!(matches!(view.phase, Phase::Endorsement { .. }), "{}", view.phase);
        let threshold = view.nomination.unwrap().threshold.unwrap();
        for (contender, delegate) in contenders.iter().zip(&self.delegates).skip(1) {
            let endorse = self.council.endorse(self.index, contender.address(), threshold).unwrap();
            self.send(&endorse, delegate.address()).await;
        }
        let (delegate, choice) = (&self.delegates[0], Choice { candidate: contenders[0].address(), votes: threshold });
        let digest = self.council.ballot(Round::Endorsement, self.index, choice, "by mail").unwrap().digest;
        let signature = delegate.sign_hash_sync(&digest).unwrap();
        let cast = self.council.cast_signed(Round::Endorsement, self.index, choice, "by mail", &signature).unwrap();
        self.send(&cast, ANYONE).await;
        let power = self.council.power(Round::Endorsement, self.index, delegate.address()).await.unwrap();
        assert_eq!((power.used, power.available), (threshold, power.power - threshold));
    }

    /// Takes every step of the pipeline at its earliest time, until nothing is left. Returns how many were taken.
    async fn relay(&self) -> usize {
        let mut taken = 0;
        loop {
            let pipeline = self.council.pipeline().await.unwrap();
            let Some(step) = pipeline.next_steps().first().copied().cloned() else { return taken };
            self.advance_to(step.earliest_seconds);
            match self.council.take(&step).await {
                Ok(Some(prepared)) => {
                    self.send(&prepared, ANYONE).await;
                    taken += 1;
                }
                Ok(None) => {
                    assert!(matches!((step.what, step.who), (StepKind::Arrive { .. }, Who::Time)));
                    let now = self.shared.lock().clock().now_seconds();
                    self.advance_to(now + 3_600);
                }
                Err(error) => panic!("{step:?}: {error}"),
            }
            assert!(taken < 100, "the pipeline does not end");
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
}

async fn elects_and_installs(name: &str) {
    let world = World::up(name);
    let (council, index, seats) = (&world.council, world.index, world.seats());
    let contenders: Vec<_> = (0..seats as u64 + 2).map(|i| signer(100 + i)).collect();
    world.register(&contenders).await;
    world.endorse(&contenders).await;
    let view = council.election(index).await.unwrap().nomination.unwrap();
    assert_eq!(view.contenders.len(), seats + 2);
    assert!(view.contenders.iter().all(|contender| contender.nominee && !contender.excluded));

    world.end_of_phase().await;
    let vetter = world.charter.election.vetter;
    let unfit = contenders[0].address();
    let exclude = council.exclude(index, unfit).unwrap();
    assert_eq!(world.refused(&exclude, ANYONE).await, "OnlyNomineeVetter");
    world.send(&exclude, vetter).await;
    let nomination = council.election(index).await.unwrap().nomination.unwrap();
    assert_eq!(nomination.compliant.len(), seats + 1);
    assert!(nomination.contenders.iter().any(|contender| contender.address == unfit && contender.excluded));

    let start = council.start_member_election(index).unwrap();
    assert_eq!(world.refused(&start, ANYONE).await, "ProposalInVettingPeriod");
    world.end_of_phase().await;
    world.send(&start, ANYONE).await;
    // Voting starts after the snapshot.
    if let Phase::MemberVoting { weight: ephor_rules::stages::Weight::NotYet, .. } =
        council.election(index).await.unwrap().phase
    {
        world.end_of_phase().await;
    }
    let power = council.power(Round::Members, index, world.delegates[0].address()).await.unwrap();
    assert_eq!(power.weight_now, power.power);
    // The first of the nominees gets least, so that everybody else wins.
    for (i, (contender, delegate)) in contenders[1..].iter().zip(&world.delegates).enumerate() {
        let share = power.power / U256::from(100) * U256::from(i + 1);
        let vote = council.vote(index, contender.address(), share).unwrap();
        let done = council.send_signed(&vote, delegate).await;
        world.done(&vote, done);
    }
    let voting = council.election(index).await.unwrap().voting.unwrap();
    let winners: Vec<_> = voting.standings.iter().filter(|one| one.winning).map(|one| one.nominee).collect();
    let expected: Vec<_> = contenders[2..].iter().rev().map(PrivateKeySigner::address).collect();
    assert_eq!(winners, expected);
    assert_eq!(voting.cut_line, Some(power.power / U256::from(100) * U256::from(2)));

    let install = council.install_cohort(index).unwrap();
    world.past_block(voting.deadline.l1_block);
    world.send(&install, ANYONE).await;
    assert_eq!(council.election(index).await.unwrap().phase, Phase::Installed);
    let members = council.members().await.unwrap();
    assert!(!members.in_line());
    let cohort = usize::from(council.election(index).await.unwrap().cohort);
    let elected: Vec<_> = contenders[2..].iter().map(PrivateKeySigner::address).collect();
    assert_eq!(members.cohorts[cohort], elected);

    let pipeline = council.pipeline().await.unwrap();
    let update = pipeline.in_flight().next().unwrap();
    let l1_delay = U256::from(world.charter.timelocks.l1_delay_seconds.unwrap_or_default());
    let plan = Plan::of(council.deployment(), l1_delay).unwrap();
    let planned = plan.update(members.members(), U256::from(members.update_nonce));
    assert_eq!(update.operation.id, planned.operation.id());
    assert_eq!(update.l1_operation_id, planned.batch.map(|batch| batch.id()));

    let taken = world.relay().await;
    let tickets = council.deployment().safes.iter().filter(|safe| {
        let l1 = &council.deployment().l1_chain().unwrap().name;
        safe.chain != *l1
    });
    let expected = if world.charter.governance_chain().parent.is_some() { 3 + tickets.count() } else { 1 };
    assert_eq!(taken, expected);
    let members = council.members().await.unwrap();
    assert!(members.in_line(), "{members:#?}");
    assert!(members.safes.iter().all(|safe| safe.update_nonce == members.update_nonce));
    let pipeline = council.pipeline().await.unwrap();
    for delivery in &pipeline.updates[0].deliveries {
        assert!(matches!(delivery.state, DeliveryState::Delivered { applied: true, .. }), "{delivery:?}");
    }
}

#[test]
fn elects_and_installs_across_three_chains() {
    run(elects_and_installs("arbitrum.toml"));
}

#[test]
fn elects_and_installs_on_one_chain() {
    run(elects_and_installs("minimal.toml"));
}

#[test]
fn shows_an_update_that_a_later_one_overtook() {
    run(async {
        let world = World::up("arbitrum.toml");
        let council = &world.council;
        let safe = council.deployment().safe("arbitrum-one-non-emergency").unwrap().clone();
        let members = council.members().await.unwrap().members();
        for (member, next) in members.iter().zip([0x11, 0x22]) {
            let rotate = council.rotate_member(*member, Address::repeat_byte(next)).unwrap();
            assert_eq!(
                world.refused(&rotate, ANYONE).await.split_whitespace().next(),
                Some("AccessControl:"),
                "only the Safe may"
            );
            let transaction = council.safe_transaction(&safe.name, &rotate).await.unwrap();
            let consents: Vec<_> =
                members[..safe.threshold].iter().map(|owner| Consent::Approved { owner: *owner }).collect();
            assert_eq!(world.refused(&transaction.execute(&consents[1..]), ANYONE).await, "GS020");
            for owner in &members[..safe.threshold] {
                world.send(&transaction.approve(*owner), *owner).await;
            }
            world.send(&transaction.execute(&consents), ANYONE).await;
        }
        // The first update stops at its tickets; the second one overtakes it.
        let nonces: Vec<_> =
            council.pipeline().await.unwrap().updates.iter().map(|view| view.update.clone().unwrap().nonce).collect();
        assert_eq!(nonces, [14, 15]);
        loop {
            let pipeline = council.pipeline().await.unwrap();
            let steps = pipeline.next_steps();
            let held = |kind: StepKind| matches!(kind, StepKind::Redeem { .. });
            let Some(step) = steps.into_iter().find(|step| !(step.nonce == Some(14) && held(step.what))) else { break };
            world.advance_to(step.earliest_seconds);
            match council.take(step).await.unwrap() {
                Some(prepared) => drop(world.send(&prepared, ANYONE).await),
                None => {
                    let now = world.shared.lock().clock().now_seconds();
                    world.advance_to(now + 3_600);
                }
            }
        }
        assert!(council.members().await.unwrap().in_line());
        world.relay().await;
        let pipeline = council.pipeline().await.unwrap();
        let late = pipeline.updates[0]
            .deliveries
            .iter()
            .filter(|delivery| matches!(delivery.state, DeliveryState::Delivered { applied: false, .. }));
        assert_eq!(late.count(), 3, "the three tickets came late");
        assert!(council.members().await.unwrap().in_line());
    });
}

#[test]
fn shows_a_removal_through_its_stages() {
    run(async {
        let world = World::up("minimal.toml");
        let council = &world.council;
        let member = council.members().await.unwrap().members()[0];
        let description = "Remove a member";
        let removal = council.removal(member, description).unwrap();
        let propose = council.propose_removal(member, description).unwrap();
        world.send(&propose, world.delegates[0].address()).await;
        let view = council.removals().await.unwrap().remove(0);
        assert_eq!((view.id, view.removes, view.state), (removal.id(), Some(member), ProposalState::Pending));
        world.past_block(view.snapshot.l1_block);
        for (i, delegate) in world.delegates.iter().enumerate() {
            let support = if i == 0 { Support::Against } else { Support::For };
            let digest = council.proposal_ballot(Governor::Removal, view.id, support).unwrap().digest;
            let signature = delegate.sign_hash_sync(&digest).unwrap();
            let vote = council.vote_on_signed(Governor::Removal, view.id, support, &signature).unwrap();
            world.send(&vote, ANYONE).await;
        }
        let abstain = council.vote_on(Governor::Removal, view.id, Support::Abstain).unwrap();
        assert_eq!(world.refused(&abstain, ANYONE).await, "AbstainDisallowed");
        let deadline = council.removals().await.unwrap()[0].deadline;
        world.past_block(deadline.l1_block);
        assert_eq!(council.removals().await.unwrap()[0].state, ProposalState::Succeeded);
        let execute = council.execute(Governor::Removal, &removal).unwrap();
        world.send(&execute, ANYONE).await;
        assert_eq!(council.removals().await.unwrap()[0].state, ProposalState::Executed);
        world.relay().await;
        let members = council.members().await.unwrap();
        assert!(members.in_line() && !members.members().contains(&member));
    });
}

#[test]
fn follows_a_proposal_of_the_core_governor() {
    run(async {
        let world = World::up("minimal.toml");
        let council = &world.council;
        let executor = council.deployment().governance(Part::UpgradeExecutor).unwrap();
        let manager = council.deployment().governance(Part::CouncilManager).unwrap();
        let removed = council.members().await.unwrap().safes[0].clone();
        let call = ephor_abi::council::ICouncilManager::securityCouncilsLengthCall {};
        let data = ephor_abi::council::IUpgradeExecutor::executeCallCall {
            target: manager,
            targetCallData: alloy_sol_types::SolCall::abi_encode(&call).into(),
        };
        let proposal = ephor_client::Proposal {
            targets: vec![executor],
            values: vec![U256::ZERO],
            calldatas: vec![alloy_sol_types::SolCall::abi_encode(&data).into()],
            description: "Count the Safes".into(),
        };
        let propose = council.propose(Governor::Core, &proposal).unwrap();
        world.send(&propose, world.delegates[0].address()).await;
        let view = council.proposals(Governor::Core).await.unwrap().remove(0);
        world.past_block(view.snapshot.l1_block);
        for delegate in &world.delegates {
            let vote = council.vote_on(Governor::Core, view.id, Support::For).unwrap();
            world.send(&vote, delegate.address()).await;
        }
        let deadline = council.proposals(Governor::Core).await.unwrap()[0].deadline;
        world.past_block(deadline.l1_block);
        world.send(&council.queue(&proposal).unwrap(), ANYONE).await;
        let pipeline = council.pipeline().await.unwrap();
        assert_eq!(pipeline.updates[0].next[0].who, Who::Scheduler);
        let ready = council.proposals(Governor::Core).await.unwrap()[0].ready_seconds.unwrap();
        world.advance_to(ready);
        world.send(&council.execute(Governor::Core, &proposal).unwrap(), ANYONE).await;
        let pipeline = council.pipeline().await.unwrap();
        assert!(pipeline.updates[0].delivered() && pipeline.updates[0].settled());
        assert_eq!(council.members().await.unwrap().safes[0].owners, removed.owners);
    });
}
