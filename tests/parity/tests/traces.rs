//! Every suite of traces, one test each.

use std::{collections::BTreeMap, path::Path};

use ephor_parity::{Filter, Trace, format, replay};

/// How many differing steps are printed in full.
const SHOWN: usize = 12;

/// Steps known to differ: `suite/file n` → reason.
fn deviations() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/deviations.txt");
    let text = std::fs::read_to_string(path).expect("the list of deviations is part of the project");
    let rows = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    rows.filter_map(|row| row.split_once(": ").map(|(step, why)| (step.to_owned(), why.to_owned()))).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().replace(".json.gz", "")
}

#[track_caller]
fn check(suite: &str) {
    let kinds = std::env::var("EPHOR_KINDS").unwrap_or_default();
    let kinds = kinds.split(',').filter(|kind| suite == "abi_decoding" && !kind.is_empty());
    let filter = Filter { kinds: kinds.map(str::to_owned).collect() };
    // Deviations are steps of the project's own traces.
    let own = std::env::var_os("EPHOR_VECTORS").is_none();
    let mut deviations = deviations();
    let files = format::files(suite).unwrap_or_else(|error| panic!("{error}"));
    if own {
        assert_eq!(files.len(), 3, "the project's own traces have three files a suite");
    }
    if files.is_empty() {
        println!("{suite}: the folder {} has no such suite", format::folder().display());
        return;
    }
    let (mut compared, mut shown, mut failed) = (0, 0, Vec::new());
    for path in files {
        let trace = Trace::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let report = replay(&trace, &filter);
        compared += report.compared;
        for difference in report.differences {
            let step = format!("{suite}/{} {}", file_name(&path), difference.n);
            if own && deviations.remove(&step).is_some() {
                continue;
            }
            if shown < SHOWN {
                println!("{step}: {difference}");
                shown += 1;
            }
            failed.push(format!("{step} {}", difference.label));
        }
    }
    println!("{suite}: {compared} steps compared, {} differ", failed.len());
    let stale: Vec<&String> = deviations.keys().filter(|step| step.starts_with(&format!("{suite}/"))).collect();
    assert!(!own || stale.is_empty(), "listed as deviations, but they match: {stale:?}");
    assert!(
        failed.is_empty(),
        "{} of {compared} steps differ:\n{}",
        failed.len(),
        failed[..failed.len().min(60)].join("\n")
    );
}

#[test]
fn the_folder_of_traces_has_traces() {
    let folder = format::folder();
    let suites = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = suites.flatten().filter_map(|suite| format::files(&suite.file_name().to_string_lossy()).ok()).flatten();
    assert!(files.count() > 0, "{} holds no suite with .json.gz files", folder.display());
}

macro_rules! suites {
    ($($suite:ident)*) => {$(
        #[test]
        fn $suite() {
            check(stringify!($suite));
        }
    )*};
}

suites! {
    abi_decoding core_governor full_term l1_timelock manager member_election nominee_election
    removal route_builder safe safe_l2 sync_action timelock token
}
