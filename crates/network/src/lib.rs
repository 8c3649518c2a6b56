//! Several chains, their bridges and one clock.
