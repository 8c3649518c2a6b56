//! An ERC-1967 proxy with an administrator.
