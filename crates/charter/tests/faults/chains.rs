//! Faults of chains, bridges, timelocks and of what stands on chains.

use super::{check_arbitrum, check_minimal};

#[test]
fn bridges_say_how_long_a_message_takes() {
    check_arbitrum(
        "delivery_seconds           = 600",
        "delivery_seconds           = 0",
        &[("0", "`delivery_seconds` is zero", "greater than zero")],
    );
    check_arbitrum(
        "delivery_seconds           = 600",
        "deliver_seconds = 600",
        &[
            (
                "[chains.bridge]",
                "`delivery_seconds` is missing in `bridge` of [[chains]] number 2",
                "add `delivery_seconds`",
            ),
            (
                "deliver_seconds",
                "`deliver_seconds` is not a setting of `bridge` of [[chains]] number 2",
                "`delivery_seconds`",
            ),
        ],
    );
}

#[test]
fn the_block_from_which_logs_count_is_a_number() {
    let from = "from_block         = 18_087_327";
    check_arbitrum(
        from,
        "from_block = -1",
        &[("-1", "-1 is not between 0 and 9223372036854775807", "write a number from 0")],
    );
    check_arbitrum(
        from,
        "from_block = \"latest\"",
        &[("\"latest\"", "string where a whole number is expected", "write a whole number")],
    );
    check_arbitrum(
        from,
        "from_blok = 1",
        &[("from_blok", "`from_blok` is not a setting of [[chains]] number 1", "`from_block`")],
    );
}

#[test]
fn chains_have_ids_of_their_own() {
    check_arbitrum(
        "id                 = 42_170",
        "id                 = 42_161",
        &[("42_161", "the chain id 42161 belongs to arbitrum-one already", "ids of its own")],
    );
    check_arbitrum(
        "rehearsal_id       = 7_042_170",
        "rehearsal_id       = 7_042_161",
        &[("7_042_161", "the chain id 7042161 belongs to arbitrum-one already", "ids of its own")],
    );
    check_arbitrum(
        "rehearsal_id       = 7_042_170",
        "rehearsal_id       = 1",
        &[("1", "the rehearsal id 1 is the live id of ethereum", "no live chain has")],
    );
    check_arbitrum(
        "name               = \"arbitrum-nova\"",
        "name               = \"ethereum\"",
        &[
            ("\"ethereum\"", "the chain \"ethereum\" exists already, on line 14", "another name"),
            ("\"arbitrum-nova\"", "there is no chain \"arbitrum-nova\" in this charter", "ethereum, arbitrum-one"),
            ("\"arbitrum-nova\"", "there is no chain \"arbitrum-nova\" in this charter", "ethereum, arbitrum-one"),
            ("arbitrum-nova]", "there is no chain \"arbitrum-nova\" in this charter", "ethereum, arbitrum-one"),
        ],
    );
}

#[test]
fn chains_form_a_tree_below_one_governed_l1() {
    check_minimal(
        "governance         = true",
        "governance         = false",
        &[("[[chains]]", "no chain is the governance chain", "governance = true")],
    );
    check_arbitrum(
        "id                 = 42_170",
        "governance         = true\nid                 = 42_170",
        &[("true", "arbitrum-one is the governance chain already", "remove `governance`")],
    );
    check_arbitrum(
        "rehearsal_id       = 7_042_170\nparent             = \"ethereum\"",
        "rehearsal_id       = 7_042_170\nparent             = \"arbitrum-one\"",
        &[("[[chains]]", "there is no route from the governance chain arbitrum-one to arbitrum-nova", "by `parent`")],
    );
    check_arbitrum(
        "rehearsal_id       = 7_042_170\nparent             = \"ethereum\"",
        "rehearsal_id       = 7_042_170\nparent             = \"polygon\"",
        &[("\"polygon\"", "there is no chain \"polygon\" in this charter", "ethereum, arbitrum-one, arbitrum-nova")],
    );
    check_minimal(
        "kind               = \"ethereum\"",
        "kind               = \"arbitrum\"",
        &[("[[chains]]", "the chain home has no parent, but its kind needs one", "`parent`")],
    );
    check_arbitrum(
        "kind               = \"arbitrum\"\nid                 = 42_170",
        "kind               = \"ethereum\"\nid                 = 42_170",
        &[(
            "\"ethereum\"",
            "the chain arbitrum-nova has the parent \"ethereum\", but its kind has none",
            "another `kind`",
        )],
    );
}

#[test]
fn safes_stand_on_known_chains_and_differ() {
    check_minimal(
        "chain     = \"home\"",
        "chain     = \"away\"",
        &[("\"away\"", "there is no chain \"away\" in this charter", "one of home")],
    );
    check_arbitrum(
        "\"0xADd68bCb0f66878aB9D37a447C7b9067C5dfa941\"",
        "\"0x423552c0F05baCCac5Bfa91C6dCF1dc53a0A1641\"",
        &[(
            "\"0x4235",
            "the address 0x423552c0F05baCCac5Bfa91C6dCF1dc53a0A1641 belongs to the Safe \"arbitrum-one-emergency\" on this chain already",
            "an address of its own",
        )],
    );
}

#[test]
fn timelocks_fit_the_chains() {
    check_minimal(
        "delay_seconds = 172_800",
        "delay_seconds = 172_800\n[timelocks.l1]\ndelay_seconds = 1",
        &[("[timelocks.l1]", "`timelocks.l1` is set, but the governance chain home has no parent", "remove")],
    );
    check_arbitrum(
        "[timelocks.l1]\ndelay_seconds = 259_200",
        "",
        &[(
            "timelocks",
            "`timelocks.l1` is missing, but the governance chain arbitrum-one has a parent",
            "[timelocks.l1]",
        )],
    );
}

#[test]
fn an_l1_counts_whole_seconds() {
    check_minimal(
        "block_milliseconds = 12_000",
        "block_milliseconds = 1_500",
        &[(
            "1_500",
            "blocks of 1500 milliseconds: a chain without a parent has one every so many whole seconds",
            "multiple of 1_000",
        )],
    );
}

#[test]
fn nothing_signed_in_a_rehearsal_is_valid_on_a_public_chain() {
    for (id, network) in [(1, "Ethereum"), (8_453, "Base"), (42_161, "Arbitrum One")] {
        check_minimal(
            "rehearsal_id       = 7_031_337",
            &format!("rehearsal_id       = {id}"),
            &[(&id.to_string(), &format!("the rehearsal id {id} is that of {network}"), "no live chain has")],
        );
    }
}

#[test]
fn a_council_governed_on_an_l1_guards_that_alone() {
    let below = "\
        [[chains]]\nname = \"below\"\nkind = \"arbitrum\"\nid = 5\nrehearsal_id = 7_000_005\nblock_milliseconds = 250\n\
        parent = \"home\"\n[chains.bridge]\nchallenge_period_seconds = 1\nretryable_lifetime_seconds = 1\ndelivery_seconds = 1\n\n\
        [token]\n";
    let cause = "below stands on the governance chain home, and no update goes down from there";
    check_minimal("[token]\n", below, &[("\"home\"", cause, "stand on an L1")]);
}

#[test]
fn everything_stands_at_an_address_of_its_own() {
    let contracts = |line: &str| format!("# --- Live contracts ---\n[contracts.home]\n{line}\n#");
    let at = "# --- Live contracts -----";
    let check = |lines: &str, expected: &[(&str, &str, &str)]| check_minimal(at, &contracts(lines), expected);
    check(
        "token = \"0x0000000000000000000000000000000000002222\"\ncore-governor = \"0x0000000000000000000000000000000000002222\"",
        &[(
            "\"0x0000000000000000000000000000000000002222\"",
            "the address 0x0000000000000000000000000000000000002222 belongs to the contract core-governor on this chain already",
            "an address of its own",
        )],
    );
    check(
        "token = \"0x0000000000000000000000000000000000000064\"",
        &[(
            "\"0x",
            "the address 0x0000000000000000000000000000000000000064 is kept by the chain for itself",
            "leave it out",
        )],
    );
    check(
        "proxy-admin = \"0x0000000000000000000000000000000000000000\"",
        &[("\"0x", "the zero address is nobody", "")],
    );
    check_minimal(
        "kind      = \"emergency\"",
        "kind      = \"emergency\"\naddress = \"0x0000000000000000000000000000000000000000\"",
        &[("\"0x", "the zero address is nobody", "")],
    );
    check_arbitrum(
        "inbox                      = \"0x4Dbd4fc535Ac27206064B68FfCf827b0A60BAB3f\"",
        "inbox                      = \"0xF06E95eF589D9c38af242a8AAee8375f14023F85\"",
        &[(
            "\"0xF06E",
            "the address 0xF06E95eF589D9c38af242a8AAee8375f14023F85 belongs to the inbox of arbitrum-one on this chain already",
            "an address of its own",
        )],
    );
}

#[test]
fn contracts_stand_where_they_belong() {
    check_arbitrum(
        "[contracts.arbitrum-nova]\n",
        "[contracts.arbitrum-nova]\ntoken = \"0x0000000000000000000000000000000000002222\"\n",
        &[("token", "token does not stand on arbitrum-nova", "it stands on arbitrum-one")],
    );
    check_minimal(
        "holders = [\"anyone\"]",
        "holders = [\"anyone\", \"l1-timelock\"]",
        &[("\"l1-timelock\"", "l1-timelock does not stand on home", "remove it")],
    );
    check_minimal(
        "on      = \"core-timelock\"\nrole    = \"CANCELLER\"",
        "on      = \"l1-timelock\"\nrole    = \"CANCELLER\"",
        &[("\"l1-timelock\"", "l1-timelock does not stand on home", "remove it")],
    );
    check_arbitrum(
        "on      = \"core-timelock\"\nrole    = \"CANCELLER\"",
        "on      = \"core-timelock\"\nchain = \"ethereum\"\nrole    = \"CANCELLER\"",
        &[("\"ethereum\"", "core-timelock does not stand on ethereum", "it stands on arbitrum-one")],
    );
}

#[test]
fn no_wait_is_longer_than_a_century() {
    for wait in ["challenge_period_seconds   = 549_816", "delay_seconds = 691_200"] {
        let (key, _) = wait.split_once('=').unwrap();
        let cause = "3155760001 is not between 1 and 3155760000";
        check_arbitrum(wait, &format!("{key}= 3_155_760_001"), &[("3_155", cause, "from 1 to 3155760000")]);
    }
}
