//! Builds the call that carries an update from the governance chain to each upgrade executor.
