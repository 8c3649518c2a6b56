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
            "the other Safe",
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
