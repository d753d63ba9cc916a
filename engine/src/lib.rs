//! The engine of sealed-prover: SP1's executor, prover and verifier behind a framed unix socket
//! (docs/engine-protocol.md), run as a child process of the service.

pub mod args;
mod cause;
mod circuits;
mod connection;
mod deferred;
mod elf;
mod engine;
mod execute;
mod failure;
mod frame;
pub mod guest;
pub mod info;
mod memory;
mod meter;
pub mod parent;
mod program;
mod progress;
mod promises;
mod prover;
mod replay;
pub mod secrecy;
pub mod server;
mod session;
mod setup;
mod stdin;
mod touched;
mod verify;
mod wire;
