//! The action that brings the owners of a Safe in line with the council.
