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
