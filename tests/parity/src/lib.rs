//! Replays traces of the deployed reference contracts, bit for bit.
