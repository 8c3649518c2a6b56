//! What explanations of real proposals look like, kept in `golden/`. `EPHOR_BLESS=1` writes the files anew.

use ephor_explain::{Explanation, Knowledge, explain};
use ephor_proposals::{folder, knowledge, payloads};

/// Proposals of the project's own record, by index: one to the L1 in several ways, one by a single operation, payments, ether.
const CASES: [(&str, usize); 5] = [
    ("l1-batch-with-tickets", 3),
    ("l1-single-operation", 37),
    ("one-payment", 2),
    ("payment-approval-and-unknown", 23),
    ("ether-to-two", 18),
];

fn check(name: &str, text: &str) {
    let path = folder("tests/proposals/golden").join(name);
    if std::env::var_os("EPHOR_BLESS").is_some() {
        std::fs::write(&path, text).expect("the folder can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(text == expected, "{name} is no longer as in golden/; it is now\n{text}");
}

fn explained(index: usize, knowledge: &Knowledge) -> Explanation {
    explain(payloads()[index].clone(), knowledge).expect("short")
}

#[test]
fn explains_real_proposals_as_before() {
    if std::env::var_os("EPHOR_PROPOSALS").is_some() {
        return; // The files are those of the project's own record.
    }
    let knowledge = knowledge();
    for (name, index) in CASES {
        let explanation = explained(index, &knowledge);
        check(&format!("{name}.txt"), &explanation.to_text(&knowledge.book));
        let mut json = serde_json::to_string_pretty(&explanation.to_json(&knowledge.book)).expect("JSON");
        json.push('\n');
        check(&format!("{name}.json"), &json);
    }
}
