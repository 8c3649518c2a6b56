//! No method without a test.

use ephor_network::rpc::METHODS;

/// The tests that ask for methods one by one; those that go through all of them do not count.
const TESTS: [&str; 7] = [
    include_str!("control.rs"),
    include_str!("errors.rs"),
    include_str!("filters.rs"),
    include_str!("pool.rs"),
    include_str!("reads.rs"),
    include_str!("signing.rs"),
    include_str!("traces.rs"),
];

#[test]
fn every_method_is_named_by_a_test() {
    let named = |name: &str| TESTS.iter().any(|test| test.contains(&format!("\"{name}\"")));
    let unnamed: Vec<&str> = METHODS.iter().map(|method| method.name).filter(|name| !named(name)).collect();
    assert!(unnamed.is_empty(), "no test names {unnamed:?}");
}
