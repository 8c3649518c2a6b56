//! Faults of seats, members, thresholds and powers.

use super::{check_arbitrum, check_minimal, edited, faults_of};

#[test]
fn thresholds_must_be_reachable_majorities() {
    check_minimal(
        "threshold = 4",
        "threshold = 7",
        &[("7", "the Safe \"council\": a threshold of 7 signatures cannot be reached with 6 seats", "write at most 6")],
    );
    check_minimal(
        "threshold = 4",
        "threshold = 3",
        &[("3", "the Safe \"council\": a threshold of 3 signatures is no majority of 6 seats", "write at least 4")],
    );
}

#[test]
fn nobody_sits_twice() {
    check_arbitrum(
        "\"0x9316ca66f5f936E3239e4fD2AAAEA5C7b6f3C4cC\"",
        "\"0x882c6FCb3D358b9d70B97c6999159cea64168B6F\"",
        &[(
            "\"0x882c",
            "0x882c6FCb3D358b9d70B97c6999159cea64168B6F sits already, in the cohort \"September\"",
            "sit once",
        )],
    );
}

#[test]
fn cohorts_fit_their_seats() {
    check_minimal(
        "seats_per_cohort       = 3",
        "seats_per_cohort       = 2",
        &[
            ("[[council.cohorts]]", "the cohort \"Spring\" has 3 members for 2 seats", "raise `seats_per_cohort`"),
            ("[[council.cohorts]]", "the cohort \"Summer\" has 3 members for 2 seats", "raise `seats_per_cohort`"),
        ],
    );
    check_minimal(
        "seats_per_organisation = 2",
        "seats_per_organisation = 1",
        &[("\"0x", "\"Analytical\" holds 2 seats, and 1 are allowed", "raise `seats_per_organisation`")],
    );
    check_minimal(
        "seats_per_organisation = 2",
        "seats_per_organisation = 7",
        &[("7", "an organisation may hold 7 seats, but there are only 6", "at most 6")],
    );
    check_minimal(
        "# --- Elections ---",
        "[[council.cohorts]]\nname = \"Winter\"\n#",
        &[("[council]", "3 cohorts, but the contracts know exactly 2", "2 [[council.cohorts]]")],
    );
}

#[test]
fn roles_belong_to_their_contracts_and_have_known_holders() {
    check_minimal(
        "holders = [\"council\", \"member-removal\"]",
        "holders = [\"senate\", \"member-removal\"]",
        &[("\"senate\"", "\"senate\" is neither a contract, nor a Safe of this charter, nor an address", "council")],
    );
    check_minimal(
        "role    = \"MEMBER_ADDER\"",
        "role    = \"PROPOSER\"",
        &[("\"PROPOSER\"", "council-manager has no role PROPOSER", "MEMBER_ADDER")],
    );
    check_minimal(
        "role    = \"MEMBER_ADDER\"",
        "role    = \"MEMBER_ADER\"",
        &[(
            "\"MEMBER_ADER\"",
            "\"MEMBER_ADER\" is not one of DEFAULT_ADMIN, COHORT_REPLACER, MEMBER_ADDER, MEMBER_REMOVER, MEMBER_REPLACER, MEMBER_ROTATOR, TIMELOCK_ADMIN, PROPOSER, EXECUTOR, CANCELLER, ADMIN",
            "did you mean \"MEMBER_ADDER\"?",
        )],
    );
}

#[test]
fn a_role_that_matters_is_held_by_somebody() {
    let text = edited("minimal.toml", &[("holders = [\"member-election\"]", "holders = []")]);
    let faults = faults_of(&text);
    assert_eq!(faults.faults.len(), 1, "\n{faults}");
    assert_eq!(faults.faults[0].cause(), "nobody holds the role COHORT_REPLACER on council-manager");
}

#[test]
fn members_can_own_the_safes_and_there_are_enough_of_them() {
    check_minimal(
        "\"0x0000000000000000000000000000000000000b01\"",
        "\"0x0000000000000000000000000000000000000001\"",
        &[(
            "\"0x",
            "0x0000000000000000000000000000000000000001 cannot own a Safe: with it the list of a Safe's owners begins and ends",
            "that is meant",
        )],
    );
    check_minimal(
        "kind      = \"emergency\"",
        "kind      = \"emergency\"\naddress   = \"0x0000000000000000000000000000000000000A01\"",
        &[("\"0x", "the Safe \"council\" is a member of the council, and cannot own itself", "correct the member")],
    );
    check_minimal(
        "    \"0x0000000000000000000000000000000000000b01\",\n    \"0x0000000000000000000000000000000000000b02\",\n    \"0x0000000000000000000000000000000000000b03\",\n",
        "",
        &[("4 #", "the Safe \"council\" takes 4 signatures, but only 3 members sit", "seat members")],
    );
}

#[test]
fn the_name_of_a_safe_is_no_other_holders() {
    for name in ["anyone", "token"] {
        let text = edited("minimal.toml", &[("name      = \"council\"", &format!("name      = \"{name}\""))]);
        let causes: Vec<String> = faults_of(&text).faults.iter().map(ephor_charter::Fault::cause).collect();
        assert!(causes.contains(&format!("\"{name}\" means something else where a role is given")), "{causes:?}");
    }
}

#[test]
fn only_the_execution_of_a_timelock_is_open_to_everybody() {
    check_minimal(
        "role    = \"MEMBER_ADDER\" # fills an empty seat\nholders = [\"council\"]",
        "role    = \"MEMBER_ADDER\"\nholders = [\"anyone\"]",
        &[(
            "\"anyone\"",
            "the role MEMBER_ADDER of council-manager is never open: \"anyone\" would be nobody",
            "a timelock",
        )],
    );
    check_minimal(
        "role    = \"MEMBER_ADDER\" # fills an empty seat\nholders = [\"council\"]",
        "role    = \"MEMBER_ADDER\"\nholders = [\"0x0000000000000000000000000000000000000000\"]",
        &[("\"0x", "the zero address is nobody", "that is meant")],
    );
}

#[test]
fn an_update_has_a_way_from_the_election_to_every_safe() {
    check_minimal(
        "holders = [\"member-election\"]",
        "holders = [\"member-removal\"]",
        &[(
            "[\"member-removal\"]",
            "member-election does not hold COHORT_REPLACER on council-manager of home: nobody who is elected would sit",
            "add \"member-election\"",
        )],
    );
    check_minimal(
        "holders = [\"core-governor\", \"council-manager\"]",
        "holders = [\"core-governor\"]",
        &[(
            "[\"core-governor\"]",
            "council-manager does not hold PROPOSER on core-timelock of home: no change of members could be scheduled",
            "add \"council-manager\"",
        )],
    );
    for (from, to, at) in [
        ("[\"core-timelock\", \"council\"]", "[\"council\"]", "[\"council\"]"),
        ("[\"core-timelock\", \"council\"]", "[]", "[]"),
    ] {
        let cause = "core-timelock does not hold EXECUTOR on upgrade-executor of home: no change of members would reach the Safes there";
        check_minimal(from, to, &[(at, cause, "add \"core-timelock\"")]);
    }
    check_arbitrum(
        "[\"l1-timelock\", \"arbitrum-nova-emergency\"]",
        "[\"arbitrum-nova-emergency\"]",
        &[(
            "[\"arbitrum-nova-emergency\"]",
            "l1-timelock does not hold EXECUTOR on upgrade-executor of arbitrum-nova: no change of members would reach the Safes there",
            "add \"l1-timelock\"",
        )],
    );
}

#[test]
fn a_safe_acts_on_its_own_chain_only() {
    check_arbitrum(
        "role    = \"MEMBER_ADDER\"\nholders = [\"arbitrum-one-non-emergency\"]",
        "role    = \"MEMBER_ADDER\"\nholders = [\"ethereum-emergency\"]",
        &[(
            "[\"ethereum-emergency\"]",
            "the Safe \"ethereum-emergency\" stands on ethereum, and cannot act on arbitrum-one",
            "name a Safe of arbitrum-one",
        )],
    );
}
