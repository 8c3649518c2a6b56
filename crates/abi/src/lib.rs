//! Every Solidity interface, event, error and role that Ephor speaks, once.
