//! The council manager: who sits on the council, and the update each change sends to every Safe.
