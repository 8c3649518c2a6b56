//! The rules of councils as pure functions: calendars, decay, tallies, thresholds, seats.
