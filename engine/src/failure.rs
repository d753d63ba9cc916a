//! What can go wrong with a request, as the protocol names it: a code and a sentence without guest data.

use std::fmt;

/// Failure codes of docs/engine-protocol.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Code {
    MalformedFrame = 1,
    MalformedProgram = 2,
    MalformedStdin = 3,
    CircuitFilesMissing = 4,
    OutOfMemory = 5,
    GuestFailed = 6,
    Internal = 7,
    WrongRole = 8,
    UnknownKey = 9,
}

/// A failed request. The message never holds input, output or witness bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub message: String,
}

impl Failure {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.message, self.code as u32)
    }
}
