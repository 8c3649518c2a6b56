//! The invariants of ARCHITECTURE.md, each stated as an absence.

use std::collections::BTreeSet;

use ephor_architecture::Workspace;

/// What of `forbidden` is found below `package`.
#[track_caller]
fn check_knows_nothing_of(package: &str, forbidden: &[&str]) {
    let workspace = Workspace::read();
    assert!(workspace.ours.contains_key(package), "there is no package {package}");
    let below = workspace.below(package);
    let found: Vec<&&str> = forbidden.iter().filter(|name| below.contains(**name)).collect();
    assert!(found.is_empty(), "{package} depends on {found:?}");
}

/// Source lines of `packages` that contain one of `words`, comments aside.
fn lines_with(workspace: &Workspace, packages: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        for (path, text) in workspace.sources(package) {
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if words.iter().any(|word| code.contains(word)) {
                    found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                }
            }
        }
    }
    found
}

#[test]
fn rules_need_nothing_but_numbers() {
    let workspace = Workspace::read();
    assert_eq!(workspace.named("ephor-rules"), BTreeSet::from(["alloy-primitives".to_owned()]));
    let impure = lines_with(&workspace, &["ephor-rules"], &["std::time", "std::fs", "std::net", "std::env", "rand::"]);
    assert!(impure.is_empty(), "{impure:#?}");
}

#[test]
fn a_chain_does_not_know_that_councils_exist() {
    check_knows_nothing_of(
        "ephor-chain",
        &["ephor-abi", "ephor-rules", "ephor-charter", "ephor-parts", "ephor-programs"],
    );
}

#[test]
fn a_network_knows_bridges_and_clocks_but_no_elections() {
    let elections =
        ["ephor-nominee-election", "ephor-member-election", "ephor-member-removal", "ephor-council-manager"];
    check_knows_nothing_of("ephor-network", &elections);
    check_knows_nothing_of("ephor-network", &["ephor-programs", "ephor-client", "ephor-rehearsal", "ephor-deploy"]);
}

#[test]
fn a_client_does_not_know_what_is_behind_its_provider() {
    check_knows_nothing_of(
        "ephor-client",
        &["ephor-chain", "ephor-network", "ephor-programs", "ephor-parts", "ephor-deploy"],
    );
}

#[test]
fn contracts_know_nothing_of_the_chain_that_hosts_them() {
    let workspace = Workspace::read();
    let contracts: Vec<&str> = workspace.under("contracts/").collect();
    assert!(contracts.len() >= 15, "{contracts:?}");
    for contract in contracts {
        let outside: Vec<String> = workspace
            .below(contract)
            .into_iter()
            .filter(|name| !workspace.ours[name].starts_with("contracts/"))
            .filter(|name| !["ephor-abi", "ephor-rules"].contains(&name.as_str()))
            .filter(|name| !workspace.ours[name].starts_with("vendor/"))
            .collect();
        assert!(outside.is_empty(), "{contract} depends on {outside:?}");
    }
}

#[test]
fn only_the_command_prints() {
    let workspace = Workspace::read();
    let libraries: Vec<&str> = workspace.under("crates/").filter(|name| *name != "ephor").collect();
    let contracts: Vec<&str> = workspace.under("contracts/").collect();
    let printing =
        lines_with(&workspace, &[libraries, contracts].concat(), &["println!(", "eprintln!(", "print!(", "dbg!("]);
    assert!(printing.is_empty(), "{printing:#?}");
}

#[test]
fn no_library_reads_the_clock_or_draws_unseeded() {
    let workspace = Workspace::read();
    // The command and the server are the outer edge, where time comes in.
    let edge = ["ephor", "ephor-node"];
    let packages: Vec<&str> =
        workspace.under("crates/").filter(|name| !edge.contains(name)).chain(workspace.under("contracts/")).collect();
    let words =
        ["SystemTime::now", "Instant::now", "thread_rng", "rand::rng()", "from_entropy", "from_os_rng", "OsRng"];
    let found = lines_with(&workspace, &packages, &words);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_chain_writes_state_to_disk() {
    let workspace = Workspace::read();
    for package in workspace.under("crates/") {
        let stores = workspace.named(package).contains("redb");
        assert_eq!(stores, package == "ephor-chain", "{package}");
    }
}

#[test]
fn a_contract_is_found_by_its_name_in_the_registry_of_programs() {
    let workspace = Workspace::read();
    let registered = workspace.named("ephor-programs");
    let deployable = workspace.under("contracts/").filter(|name| !["ephor-parts", "ephor-stand-ins"].contains(name));
    for contract in deployable {
        assert!(registered.contains(contract), "{contract} is in no registry");
    }
}
