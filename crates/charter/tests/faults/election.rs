//! Faults of elections, votes and the token.

use ephor_charter::Charter;

use super::{check, check_arbitrum, check_minimal, edited};

#[test]
fn elections_must_end_before_the_next() {
    check_arbitrum(
        "interval_months      = 6",
        "interval_months      = 1",
        &[("1", "an election takes 49 days, but the next one starts after 28", "raise `interval_months`")],
    );
    // Two months always have 59 days, so 49 fit.
    assert!(
        Charter::parse("", &edited("arbitrum.toml", &[("interval_months      = 6", "interval_months = 2")])).is_ok()
    );
    check_minimal(
        "vetting_blocks       = 50_400",
        "vetting_blocks       = 9_000_000_000_000_000_000",
        &[("3 #", "an election takes 1250000000000022 days, but the next one starts after 90", "shorten the phases")],
    );
}

#[test]
fn the_contract_must_accept_the_first_threshold() {
    let cause = "1000 contenders could reach this threshold, and the contract is initialised for 500 at most";
    let lines = "initial_threshold    = { numerator = 20, denominator = 10_000 }";
    let lower = "initial_threshold    = { numerator = 10, denominator = 10_000 }";
    let remedy = "an `initial_threshold` of at least 1 / 500";
    check("arbitrum-next.toml", lines, lower, &[("{ numerator = 10", cause, remedy)]);
    // Without one, the threshold itself is the first.
    check("arbitrum-next.toml", lines, "", &[("{ numerator = 10", cause, remedy)]);
}

#[test]
fn votes_are_held_out_as_the_contracts_do_it() {
    check_minimal(
        "0x00000000000000000000000000000000000A4B86",
        "0x00000000000000000000000000000000000a4b87",
        &[(
            "\"0x00",
            "votes delegated to 0x00000000000000000000000000000000000a4b87 would count: the contracts hold out those of \
             0x00000000000000000000000000000000000A4B86, and no others",
            "write 0x00000000000000000000000000000000000A4B86",
        )],
    );
}

#[test]
fn full_weight_ends_with_voting() {
    check_minimal(
        "full_weight_blocks   = 50_400",
        "full_weight_blocks   = 100_801",
        &[("100_801", "votes have full weight for 100801 blocks, but voting lasts 100800", "at most 100800")],
    );
}

#[test]
fn dates_must_exist() {
    for date in ["\"2026-02-31T12:00Z\"", "\"2026-02-31T12:00:00Z\""] {
        check_minimal(
            "\"2026-01-15T12:00Z\"",
            date,
            &[(date, "this date does not exist: 2026-02 has 28 days, so there is no day 31", "a date of the calendar")],
        );
    }
    check_minimal(
        "\"2026-01-15T12:00Z\"",
        "\"tomorrow\"",
        &[("\"tomorrow\"", "\"tomorrow\" is not a date", "2023-09-15T12:00Z")],
    );
    check_minimal(
        "\"2026-01-15T12:00Z\"",
        "\"2026-01-15T12:30Z\"",
        &[("\"2026", "\"2026-01-15T12:30Z\" is not a date", "full hour")],
    );
    let native = edited("minimal.toml", &[("\"2026-01-15T12:00Z\"", "2026-01-15T12:00:00Z")]);
    assert!(Charter::parse("", &native).is_ok(), "a date of TOML is a date as well");
}

#[test]
fn fractions_are_parts_of_one() {
    check_minimal(
        "quorum                       = { numerator = 500, denominator = 10_000 }",
        "quorum                       = { numerator = 10_001, denominator = 10_000 }",
        &[("10_001", "the fraction 10001 / 10000 is greater than one", "no greater than the denominator")],
    );
    check_minimal(
        "quorum                       = { numerator = 500, denominator = 10_000 }",
        "quorum                       = { numerator = 1, denominator = 0 }",
        &[("0 }", "a fraction with a zero divisor", "greater than zero")],
    );
    check_minimal(
        "quorum                       = { numerator = 500, denominator = 10_000 }",
        "quorum                       = { numerator = 1, denominator = 3 }",
        &[("{ numerator", "1 / 3 is not a whole number of ten-thousandths", "10_000")],
    );
    let scaled =
        edited("minimal.toml", &[("{ numerator = 500, denominator = 10_000 }", "{ numerator = 1, denominator = 20 }")]);
    assert_eq!(Charter::parse("", &scaled).unwrap().core_governor.quorum.ten_thousandths(), 500);
}

#[test]
fn nominees_can_be_neither_too_many_nor_too_few() {
    check_minimal(
        "nominees_max         = 100",
        "nominees_max         = 99",
        &[("99", "100 contenders can reach the threshold, but at most 99 nominees are allowed", "to 100")],
    );
    check_minimal(
        "{ numerator = 100, denominator = 10_000 }",
        "{ numerator = 5_000, denominator = 10_000 }",
        &[("100 #", "at most 2 nominees cannot fill 3 seats", "lower `threshold`")],
    );
}

#[test]
fn periods_are_not_zero() {
    check_minimal(
        "registration_blocks  = 21_600",
        "registration_blocks  = 0",
        &[("0", "`registration_blocks` is zero", "greater than zero")],
    );
    check_minimal(
        "delay_seconds = 172_800",
        "delay_seconds = 0",
        &[("0", "`delay_seconds` is zero", "greater than zero")],
    );
}

#[test]
fn the_draw_is_announced_within_vetting() {
    check_minimal(
        "draw_after_blocks = 7_200",
        "draw_after_blocks = 50_401",
        &[("50_401", "50401 blocks exceed the vetting of 50400", "at most 50400")],
    );
}

#[test]
fn tokens_are_no_more_than_the_supply() {
    check_minimal(
        "amount   = 400_000",
        "amount   = \"1000000.5\"",
        &[("\"1000000.5\"", "1000000.5 tokens exceed the supply of 1000000", "raise `supply`")],
    );
    check_minimal(
        "amount   = 400_000",
        "amount   = \"4e5\"",
        &[("\"4e5\"", "\"4e5\" is not a number of tokens", "whole tokens")],
    );
}

#[test]
fn elections_are_held_while_blocks_count() {
    let date = "\"2026-01-15T12:00Z\"";
    check_minimal(
        date,
        "\"1970-02-15T12:00Z\"",
        &[("\"1970", "the first election is of 1970, before there were blocks by which to count", "from 2015 on")],
    );
    let cause = "election 0 would end beyond L1 block 4294967295, the last in which votes are counted";
    check_minimal(date, "\"9999-12-31T23:00Z\"", &[("\"9999", cause, "an earlier `first`")]);
    let cause =
        "election 9223372036854775807 would end beyond L1 block 4294967295, the last in which votes are counted";
    let held = "elections_held         = 9_223_372_036_854_775_807";
    check_minimal("elections_held         = 0", held, &[(date, cause, "fewer `elections_held`")]);
    check_minimal(
        "interval_months      = 3",
        "interval_months      = 121",
        &[("121", "121 is not between 1 and 120", "from 1 to 120")],
    );
    assert!(Charter::parse("", &edited("minimal.toml", &[(date, "\"3000-12-31T23:00Z\"")])).is_ok());
}

#[test]
fn votes_can_be_counted_and_can_succeed() {
    let most = "26959946667150639794667015087019630673637144422540.572481103610249215";
    let supply = "supply          = 1_000_000";
    assert!(Charter::parse("", &edited("minimal.toml", &[(supply, &format!("supply = \"{most}\""))])).is_ok());
    let more = most.replace("9215", "9216");
    let cause = format!("a supply of {more} tokens exceeds the 224 bits in which votes are counted");
    check_minimal(supply, &format!("supply = \"{more}\""), &[("\"2695", &cause, "whole tokens")]);
    check_minimal(
        "amount   = 400_000",
        "amount   = 1_000_000",
        &[("1_000_000", "all of the supply is held out of the votes", "lower an excluded `amount`")],
    );
    check_minimal(
        "{ numerator = 8_333, denominator = 10_000 }",
        "{ numerator = 1, denominator = 1 }",
        &[(
            "{ numerator = 1,",
            "no vote succeeds: For would have to exceed all votes cast",
            "less than the denominator",
        )],
    );
    check_minimal(
        "excluded = true",
        "excluded = true\naddress = \"0x0000000000000000000000000000000000000000\"",
        &[("\"0x", "the zero address is nobody", "that is meant")],
    );
}
