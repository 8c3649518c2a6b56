//! A listening server, spoken to as from outside: bytes over TCP.

mod access;
mod bounds;
mod described;
mod harness;
mod sockets;
mod watched;
