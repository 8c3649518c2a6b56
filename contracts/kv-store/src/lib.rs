//! A key-value store that each caller writes in its own name.
