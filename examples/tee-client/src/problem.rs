//! Why there is no proof, in a sentence and an exit code.

use std::fmt;
use std::process::ExitCode;

#[derive(Debug)]
pub struct Problem {
    code: u8,
    text: String,
}

impl Problem {
    /// The command line, or a file that it names. 2.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { code: 2, text: text.into() }
    }

    /// No service answers there. 3.
    pub fn unreachable(text: impl Into<String>) -> Self {
        Self { code: 3, text: text.into() }
    }

    /// The service has not taken the request. Nothing is kept of it. 4.
    pub fn refused(status: u16, sentence: &str) -> Self {
        Self { code: 4, text: format!("The service has refused the request ({status}): {}", sentence.trim()) }
    }

    /// The request has ended without a proof: the program failed, or it was cancelled, or its time is over. 5.
    pub fn ended(status: u16, sentence: &str) -> Self {
        Self { code: 5, text: format!("There is no proof ({status}): {}", sentence.trim()) }
    }

    /// What came is not what a service of this kind answers. 6.
    pub fn strange(text: impl Into<String>) -> Self {
        Self { code: 6, text: text.into() }
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.text)
    }
}
