//! A Safe 1.3.0 account: owners, threshold, modules and every kind of signature.
