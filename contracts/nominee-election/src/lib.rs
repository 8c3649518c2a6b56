//! The nominee election: registration, endorsement and vetting.
