//! The core governor: proposals of the DAO, voted on by token holders and carried out through a timelock.
