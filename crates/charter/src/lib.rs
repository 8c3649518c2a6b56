//! A charter: the parameters and powers of one council, typed and validated, from TOML.
