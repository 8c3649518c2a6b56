//! A small report, on which to try what is made from reports, here and elsewhere. Nothing in it happened.

use crate::report::{
    Amount, ChainInfo, Check, CohortChange, Contender, Delivery, Election, Entry, Next, Outcome, Person, PhaseEnd,
    Point, Report, Safe, Seats, Series, Statement, StatementKind, Time, Totals, Update,
};
use alloy_primitives::{Address, B256, U256};

const START: u64 = 1_757_937_600;
const DAY: u64 = 86_400;

fn person(name: &str, digit: u8) -> Person {
    Person { name: name.to_owned(), address: Address::repeat_byte(digit) }
}

fn amount(tokens: u64) -> Amount {
    Amount(U256::from(tokens) * U256::from(10).pow(U256::from(18)))
}

fn end(phase: &'static str, day: u64) -> PhaseEnd {
    PhaseEnd { phase, l1_block: 23_000_000 + day * 7_200, time: Time::at(START + day * DAY) }
}

fn series(nominee: Person, elected: bool, votes: &[(u64, u64)]) -> Series {
    let point = |(day, tokens): &(u64, u64)| Point {
        l1_block: 23_000_000 + day * 7_200,
        seconds: START + day * DAY,
        weight: amount(*tokens),
    };
    Series { nominee, elected, points: votes.iter().map(point).collect() }
}

fn contender(person: Person, endorsed: u64, weight: Option<u64>, elected: bool) -> Contender {
    Contender {
        person,
        endorsed: amount(endorsed),
        nominee: weight.is_some(),
        excluded: false,
        included: false,
        weight: weight.map(amount),
        elected,
    }
}

/// A council of two on one chain, after an election with three nominees.
pub fn report() -> Report {
    let [ada, ben, cleo, dan, eve] =
        [person("Ada", 1), person("Ben", 2), person("Cleo", 3), person("Dan", 4), person("Eve", 5)];
    let entry = Entry {
        step: Some(1),
        time: Time::at(START),
        chain: "home".to_owned(),
        chain_title: "Home".to_owned(),
        block: 23_000_000,
        l1_block: 23_000_000,
        who: Some(ada.clone()),
        what: "creates election 0".to_owned(),
        could: "anyone".to_owned(),
        outcome: Outcome::Done,
        details: vec!["The cohort Spring is up.".to_owned()],
        next: vec![Next {
            what: "contenders register".to_owned(),
            chain: "home".to_owned(),
            earliest: Time::at(START),
            who: "anyone who does not sit in the other cohort".to_owned(),
        }],
        transactions: 1,
        gas: 123_456,
    };
    let refused = Entry {
        step: Some(2),
        time: Time::at(START + 50 * DAY),
        who: Some(eve.clone()),
        what: "votes for Cleo".to_owned(),
        outcome: Outcome::Refused {
            error: "ZeroWeightVote".to_owned(),
            detail: "ZeroWeightVote(23360000, 1)".to_owned(),
        },
        details: Vec::new(),
        next: Vec::new(),
        ..entry.clone()
    };
    let check = Check {
        step: 1,
        line: 12,
        what: "phase".to_owned(),
        expected: "registration".to_owned(),
        actual: "registration".to_owned(),
        passed: true,
    };
    Report {
        scenario: "A small term".to_owned(),
        description: "Three nominees stand for two seats.".to_owned(),
        council_name: "Small council".to_owned(),
        seed: 7,
        began: Time::at(START),
        ended: Time::at(START + 60 * DAY),
        symbol: "MIN".to_owned(),
        statements: vec![
            Statement { kind: StatementKind::Measured, text: "Periods and thresholds are the charter's.".to_owned() },
            Statement { kind: StatementKind::Modelled, text: "Votes come from a model.".to_owned() },
        ],
        chains: vec![ChainInfo {
            name: "home".to_owned(),
            title: "Home".to_owned(),
            rehearsal_id: 7_031_337,
            live_id: 31_337,
        }],
        timeline: vec![entry, refused],
        checks: vec![check.clone(), Check { step: 2, line: 20, what: "outcome".to_owned(), ..check }],
        elections: vec![Election {
            index: 0,
            proposal: "1234".to_owned(),
            cohort: "Spring".to_owned(),
            seats: 2,
            phase: "installed".to_owned(),
            threshold: Some(amount(6_000)),
            deadlines: vec![
                end("registration", 3),
                end("endorsement", 8),
                end("vetting", 15),
                end("snapshot", 15),
                end("full weight", 22),
                end("voting", 29),
            ],
            contenders: vec![
                contender(cleo.clone(), 7_000, Some(9_000), false),
                contender(dan.clone(), 8_000, Some(40_000), true),
                contender(ada.clone(), 6_500, Some(25_000), true),
                contender(eve.clone(), 10, None, false),
            ],
            cut_line: Some(amount(25_000)),
            series: vec![
                series(dan.clone(), true, &[(15, 0), (16, 10_000), (19, 40_000)]),
                series(ada.clone(), true, &[(15, 0), (17, 5_000), (20, 25_000)]),
                series(cleo, false, &[(15, 0), (18, 9_000)]),
            ],
        }],
        council: Seats {
            cohorts: vec![CohortChange {
                name: "Spring".to_owned(),
                before: vec![ada.clone(), ben.clone()],
                after: vec![dan.clone(), ada.clone()],
            }],
        },
        safes: vec![Safe {
            name: "council".to_owned(),
            chain: "home".to_owned(),
            chain_title: "Home".to_owned(),
            address: Address::repeat_byte(0xaa),
            threshold: 2,
            owners: vec![dan.clone(), ada.clone()],
            added: vec![dan],
            removed: vec![ben],
            kept: vec![ada],
            in_line: true,
            update_nonce: 1,
        }],
        updates: vec![Update {
            nonce: Some(1),
            salt: Some(B256::repeat_byte(1)),
            operation: B256::repeat_byte(2),
            l1_operation: None,
            message: None,
            scheduled: Time::at(START + 29 * DAY),
            deliveries: vec![Delivery {
                chain: Some("home".to_owned()),
                safes: vec!["council".to_owned()],
                ticket: None,
                state: "delivered",
                time: Some(Time::at(START + 31 * DAY)),
            }],
        }],
        totals: Totals { steps: 2, transactions: 2, gas: 246_912, modelled_votes: 1, signed: 0 },
    }
}
