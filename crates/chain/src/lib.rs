//! One EVM chain that hosts Rust programs beside EVM bytecode, with blocks, receipts and a durable store.
