//! The `ephor` command.

fn main() {}
