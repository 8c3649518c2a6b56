//! The member election: weighted votes among compliant nominees.
