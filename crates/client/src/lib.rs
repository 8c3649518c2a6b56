//! What a person can do with a council and see of it, over any provider.

pub mod deployment;

pub use deployment::{BridgeSite, ChainSite, Deployment, DeploymentError, SafeSite};
