//! The messages inside the frames: parsing requests from a peer that may be hostile, and encoding answers.
//! Requests 0–2 and answers 0–5 are those of sp1-gpu-server 6.10.0 byte for byte (docs/engine-protocol.md).

use crate::failure::{Code, Failure};

/// The SHA-256 of an ELF: how a program is named once Setup has seen it.
pub type Key = [u8; 32];

/// No limit, as the protocol writes it.
pub const NO_LIMIT: u64 = u64::MAX;

/// What a proof is wanted as; the numbers are the network's `ProofMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    Core = 1,
    Compressed = 2,
    Plonk = 3,
    Groth16 = 4,
}

/// One proof to make.
#[derive(Debug, PartialEq, Eq)]
pub struct Prove<'a> {
    pub mode: Mode,
    pub key: Key,
    pub stdin: &'a [u8],
    pub nonce: [u32; 4],
    pub progress: bool,
}

/// One execution without a proof.
#[derive(Debug, PartialEq, Eq)]
pub struct Execute<'a> {
    pub progress: bool,
    pub cycle_limit: u64,
    pub gas_limit: u64,
    pub elf: &'a [u8],
    pub stdin: &'a [u8],
}

/// A request, borrowing its bulk from the frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    Setup { elf: &'a [u8] },
    Prove(Prove<'a>),
    Destroy { key: Key },
    Execute(Execute<'a>),
    Verify { vk: &'a [u8], proof: &'a [u8] },
    Info,
    WaitReady { mode: Mode },
}

/// Whether failures of this request are answered as `Failure` (ours) or as sp1-gpu-server would.
pub fn speaks_failure(frame: &[u8]) -> bool {
    frame.get(..4).is_some_and(|v| u32::from_le_bytes([v[0], v[1], v[2], v[3]]) >= 100)
}

/// Parses one frame. Every byte must belong to a field; what is left over is an error.
pub fn parse(frame: &[u8]) -> Result<Request<'_>, Failure> {
    let mut fields = Fields(frame);
    let request = match fields.u32()? {
        0 => Request::Setup { elf: fields.sized()? },
        variant @ (1 | 104) => {
            let mode = mode(fields.u32()?)?;
            let key = fields.array()?;
            let (stdin, nonce) =
                fields.rest().split_last_chunk::<16>().ok_or_else(|| malformed("the proof nonce is missing"))?;
            let nonce = std::array::from_fn(|i| u32::from_le_bytes(std::array::from_fn(|byte| nonce[4 * i + byte])));
            Request::Prove(Prove { mode, key, stdin, nonce, progress: variant == 104 })
        }
        2 => Request::Destroy { key: fields.array()? },
        100 => Request::Execute(Execute {
            progress: fields.flag()?,
            cycle_limit: fields.u64()?,
            gas_limit: fields.u64()?,
            elf: fields.sized()?,
            stdin: fields.rest(),
        }),
        101 => Request::Verify { vk: fields.sized()?, proof: fields.rest() },
        102 => Request::Info,
        103 => Request::WaitReady {
            mode: match fields.u32()? {
                0 => Mode::Core,
                other => mode(other)?,
            },
        },
        unknown => return Err(malformed(format!("there is no request {unknown}"))),
    };
    if fields.0.is_empty() {
        Ok(request)
    } else {
        Err(malformed(format!("{} bytes follow the last field", fields.0.len())))
    }
}

fn mode(number: u32) -> Result<Mode, Failure> {
    Ok(match number {
        1 => Mode::Core,
        2 => Mode::Compressed,
        3 => Mode::Plonk,
        4 => Mode::Groth16,
        other => return Err(malformed(format!("there is no proof mode {other}"))),
    })
}

fn malformed(message: impl Into<String>) -> Failure {
    Failure::new(Code::MalformedFrame, message)
}

/// Reads fields off the front of a frame; running out is an error, never a panic.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Failure> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| malformed("the frame ends inside a field"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        let taken = self.take(N)?;
        Ok(std::array::from_fn(|i| taken[i]))
    }

    fn u32(&mut self) -> Result<u32, Failure> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Failure> {
        self.array().map(u64::from_le_bytes)
    }

    fn flag(&mut self) -> Result<bool, Failure> {
        match self.array::<1>()?[0] {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(malformed(format!("{other} is not a bool"))),
        }
    }

    /// `u64 length` then that many bytes.
    fn sized(&mut self) -> Result<&'a [u8], Failure> {
        let length = usize::try_from(self.u64()?).map_err(|_| malformed("a length is out of range"))?;
        self.take(length)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Builds one answer: the variant, then fields in order.
pub struct Answer(Vec<u8>);

impl Answer {
    pub fn new(variant: u32) -> Self {
        Self(variant.to_le_bytes().to_vec())
    }

    pub fn ok() -> Vec<u8> {
        Self::new(0).done()
    }

    pub fn setup(key: &Key, vk: &[u8]) -> Vec<u8> {
        Self::new(1).raw(key).raw(vk).done()
    }

    /// `Failure` for our own requests; for those of sp1-gpu-server its `ProverError` or `InternalError`.
    pub fn failure(failure: &Failure, speaks_failure: bool) -> Vec<u8> {
        if speaks_failure {
            return Self::new(111).u32(failure.code as u32).text(&failure.message).done();
        }
        let variant = match failure.code {
            Code::GuestFailed | Code::OutOfMemory | Code::CircuitFilesMissing => 3,
            _ => 4,
        };
        Self::new(variant).text(&failure.message).done()
    }

    pub fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub fn u32(self, value: u32) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub fn u64(self, value: u64) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn sized(self, bytes: &[u8]) -> Self {
        self.u64(bytes.len() as u64).raw(bytes)
    }

    pub fn text(self, text: &str) -> Self {
        self.sized(text.as_bytes())
    }

    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests;
