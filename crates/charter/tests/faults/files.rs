//! Faults of whole files, and how faults are shown.

use std::path::Path;

use ephor_charter::{Charter, Fault, MOST_BYTES, Problem};

use super::{edited, faults_of, text};

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
