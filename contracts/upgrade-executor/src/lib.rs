//! The executor, through which governance acts on a chain.
