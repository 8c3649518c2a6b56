//! Intentionally empty: contracts run on `ephor-chain`, not on the test host of the SDK.
