//! Runs scenarios on a network and tells what happened.
