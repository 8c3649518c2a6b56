//! What is wrong with a charter is said where it is, all at once, with cause and remedy.

use ephor_charter::{Charter, Fault, Faults, MOST_BYTES, Problem};
use std::path::Path;

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charters").join(name)).unwrap()
}

/// A charter of this repository with parts exchanged.
#[track_caller]
fn edited(name: &str, edits: &[(&str, &str)]) -> String {
    let mut text = text(name);
    for (from, to) in edits {
        assert!(text.contains(from), "{name} does not contain {from}");
        text = text.replacen(from, to, 1);
    }
    text
}

#[track_caller]
fn faults_of(text: &str) -> Faults {
    Charter::parse("test.toml", text).expect_err("the charter is broken on purpose")
}

/// After one exchange, exactly the expected faults: each by the text at its place, its cause, and a part of its remedy.
#[track_caller]
fn check(name: &str, from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    let text = edited(name, &[(from, to)]);
    let faults = faults_of(&text);
    assert_eq!(faults.faults.len(), expected.len(), "\n{faults}");
    for (fault, (at, cause, remedy)) in faults.faults.iter().zip(expected) {
        let line = text.lines().nth(fault.line - 1).unwrap();
        let rest: String = line.chars().skip(fault.column - 1).collect();
        assert!(rest.starts_with(at), "the fault is at {rest:?}, expected {at:?}\n{faults}");
        assert_eq!(fault.cause(), *cause);
        assert!(fault.remedy().contains(remedy), "{}", fault.remedy());
    }
}

#[track_caller]
fn check_minimal(from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    check("minimal.toml", from, to, expected);
}

#[track_caller]
fn check_arbitrum(from: &str, to: &str, expected: &[(&str, &str, &str)]) {
    check("arbitrum.toml", from, to, expected);
}

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
fn addresses_must_be_what_they_claim() {
    check_arbitrum(
        "0x882c6FCb3D358b9d70B97c6999159cea64168B6F",
        "0x882c6FCb3D358b9d70B97c6999159cea64168b6F",
        &[(
            "\"0x882c",
            "the address 0x882c6FCb3D358b9d70B97c6999159cea64168b6F has a wrong checksum",
            "0x882c6FCb3D358b9d70B97c6999159cea64168B6F",
        )],
    );
    check_minimal(
        "\"0x0000000000000000000000000000000000001002\"",
        "\"0x100\"",
        &[("\"0x100\"", "\"0x100\" is not an address", "40 hexadecimal digits")],
    );
    check_minimal(
        "\"0x0000000000000000000000000000000000001002\"",
        "\"0x0000000000000000000000000000000000000000\"",
        &[("\"0x0", "the zero address is nobody", "the address that is meant")],
    );
    let lower = edited(
        "arbitrum.toml",
        &[("0x882c6FCb3D358b9d70B97c6999159cea64168B6F", "0x882c6fcb3d358b9d70b97c6999159cea64168b6f")],
    );
    assert!(Charter::parse("", &lower).is_ok(), "an address of one case has no checksum");
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
        &[("\"1000000.5\"", "1000000 tokens exceed the supply of 1000000", "raise `supply`")],
    );
    check_minimal(
        "amount   = 400_000",
        "amount   = \"4e5\"",
        &[("\"4e5\"", "\"4e5\" is not a number of tokens", "whole tokens")],
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
fn settings_are_known_complete_and_of_their_type() {
    check_minimal(
        "interval_months      = 3",
        "interval_month       = 3",
        &[
            ("[election]", "`interval_months` is missing in [election]", "add `interval_months`"),
            ("interval_month ", "`interval_month` is not a setting of [election]", "did you mean `interval_months`?"),
        ],
    );
    check_minimal(
        "interval_months      = 3",
        "interval_months      = \"three\"",
        &[("\"three\"", "string where a whole number is expected", "write a whole number")],
    );
    check_minimal(
        "interval_months      = 3",
        "interval_months      = -3",
        &[("-3", "-3 is not between 0 and 4294967295", "from 0 to")],
    );
    check_minimal(
        "name        = \"Minimal council\"",
        "name        = \" \"\ncolour = 1",
        &[
            ("\" \"", "`name` is empty", "fill in `name`"),
            ("colour", "`colour` is not a setting of the charter", "remove it; the settings here are name, "),
        ],
    );
}

#[test]
fn what_is_not_toml_is_said_where() {
    let text = edited("minimal.toml", &[("governance         = true", "governance         = yes")]);
    let faults = faults_of(&text);
    assert!(matches!(&faults.faults[0].problem, Problem::Syntax { .. }), "{faults}");
    assert!(text.lines().nth(faults.faults[0].line - 1).unwrap().contains("yes"), "{faults}");
    for text in
        ["", "\u{0}", "[[", "a = 1\na = 2", "chains = 3", "[token]\ntoken = [[]]", "é = \"\u{1F980}", "[é]\n= é"]
    {
        assert!(!faults_of(text).faults.is_empty());
    }
}

#[test]
fn all_faults_are_said_at_once_in_the_order_of_the_file() {
    let text = edited(
        "arbitrum.toml",
        &[
            ("rehearsal_id       = 7_000_001", "rehearsal_id       = 42_161"),
            ("seats_per_organisation = 3", "seats_per_organisation = 13"),
            ("2023-09-15T12:00Z", "2023-02-31T12:00Z"),
            ("full_weight_blocks   = 50_400", "full_weight_blocks   = 151_201"),
            ("proposal_threshold          = 1_000_000", "proposal_threshold          = 10_000_000_001"),
            ("threshold = 9", "threshold = 13"),
            ("proxy-admin", "proxy-admn"),
        ],
    );
    let causes: Vec<String> = faults_of(&text).faults.iter().map(Fault::cause).collect();
    assert_eq!(
        causes[..6],
        [
            "the rehearsal id 42161 is the live id of arbitrum-one",
            "an organisation may hold 13 seats, but there are only 12",
            "this date does not exist: 2023-02 has 28 days, so there is no day 31",
            "votes have full weight for 151201 blocks, but voting lasts 151200",
            "10000000001 tokens exceed the supply of 10000000000",
            "the Safe \"ethereum-emergency\": a threshold of 13 signatures cannot be reached with 12 seats",
        ]
    );
    assert!(causes[6].starts_with("\"proxy-admn\" is not one of token, "));
    assert_eq!(causes.len(), 7);
}

#[test]
fn faults_show_the_line_and_the_remedy() {
    let text = edited("minimal.toml", &[("threshold = 4", "threshold = 13")]);
    let line = text.lines().position(|line| line.starts_with("threshold = 13")).unwrap() + 1;
    let gutter = " ".repeat(line.to_string().len());
    let expected = format!(
        "test.toml:{line}:13: the Safe \"council\": a threshold of 13 signatures cannot be reached with 6 seats\n  \
         {line} | threshold = 13 # signatures; a majority of the seats, and no more than there are\n  \
         {gutter} |             ^^\n  \
         {gutter} = remedy: write at most 6"
    );
    assert_eq!(faults_of(&text).to_string(), expected);
}

#[test]
fn files_that_are_no_charters_are_refused() {
    #[track_caller]
    fn check(path: &Path, expected: &Problem) {
        let faults = Charter::load(path).unwrap_err();
        assert_eq!(faults.faults.len(), 1);
        assert_eq!(faults.faults[0].problem, *expected);
        let shown = faults.to_string();
        assert!(shown.starts_with(&path.display().to_string()) && shown.contains("remedy"), "{shown}");
    }
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &Problem::Directory);
    check(&folder.path().join("none.toml"), &Problem::NoFile);
    let file = folder.path().join("charter.toml");
    std::fs::write(&file, b"name = \"\xff\"").unwrap();
    check(&file, &Problem::NotUtf8 { at: 8 });
    std::fs::write(&file, vec![b' '; usize::try_from(MOST_BYTES).unwrap() + 1]).unwrap();
    check(&file, &Problem::TooLarge { most_bytes: MOST_BYTES });
    std::fs::write(&file, text("minimal.toml")).unwrap();
    assert!(Charter::load(&file).is_ok());
}

#[test]
fn hostile_files_end_in_a_bounded_answer() {
    let most = usize::try_from(MOST_BYTES).unwrap();
    let bombs = [
        "[".repeat(most),
        "a.".repeat(most / 2),
        format!("safes = [{}]", "1,".repeat(most / 2 - 20)),
        (0..80_000).map(|i| format!("k{i} = {{}}\n")).collect(),
        "[[chains]]\n".repeat(most / 11),
        "[[safes]]\nchain=\"x\"\nname=\"y\"\nthreshold=9\n".repeat(20_000),
    ];
    for bomb in bombs {
        let faults = faults_of(&bomb);
        assert!(!faults.faults.is_empty() && faults.faults.len() <= 1_000);
        assert!(faults.to_string().len() < 4 * most);
    }
}

#[test]
fn a_long_line_is_shown_around_the_fault() {
    let text = format!("name = \"{}\"; é", "x".repeat(1_000));
    let shown = faults_of(&text).to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
}

#[test]
fn no_cut_or_flipped_charter_panics() {
    let text = text("arbitrum.toml");
    for at in (0..text.len()).step_by(97).filter(|at| text.is_char_boundary(*at)) {
        let _ = Charter::parse("cut", &text[..at]);
        for byte in ["\"", "[", "=", "\n", "9", "é"] {
            let _ = Charter::parse("flipped", &format!("{}{byte}{}", &text[..at], &text[at + 1..]));
        }
    }
}
