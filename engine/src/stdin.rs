//! Decoding a stdin artifact: bincode of `SP1Stdin`. Buffers are copied whole; SP1's own decoder goes byte by byte,
//! which takes seconds for the tens of megabytes that real inputs have.

use std::io::Cursor;

use bincode::Options;
use sp1_core_machine::io::SP1Stdin;

use crate::failure::{Code, Failure};

/// Decodes a stdin artifact. Every byte must be used: what follows would be taken for something else by SP1's servers.
pub fn decode(bytes: &[u8]) -> Result<SP1Stdin, Failure> {
    let mut rest = bytes;
    let count = number(&mut rest)?;
    let mut buffer = Vec::new();
    for _ in 0..count {
        let length = usize::try_from(number(&mut rest)?).map_err(|_| malformed())?;
        let (taken, after) = rest.split_at_checked(length).ok_or_else(malformed)?;
        buffer.push(taken.to_vec());
        rest = after;
    }
    let ptr = usize::try_from(number(&mut rest)?).map_err(|_| malformed())?;
    if number(&mut &*rest)? == 0 {
        return if rest.len() == 8 { Ok(SP1Stdin { buffer, ptr, proofs: Vec::new() }) } else { Err(malformed()) };
    }
    // Proofs inside the input are rare and small: SP1's own decoder, held to the length that is there.
    let mut cursor = Cursor::new(rest);
    let options =
        bincode::DefaultOptions::new().with_fixint_encoding().allow_trailing_bytes().with_limit(rest.len() as u64);
    let proofs = options.deserialize_from(&mut cursor).map_err(|_| malformed())?;
    if cursor.position() != rest.len() as u64 {
        return Err(malformed());
    }
    Ok(SP1Stdin { buffer, ptr, proofs })
}

fn number(rest: &mut &[u8]) -> Result<u64, Failure> {
    let (taken, after) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
    *rest = after;
    Ok(u64::from_le_bytes(*taken))
}

fn malformed() -> Failure {
    Failure::new(Code::MalformedStdin, "The input is not one complete SP1Stdin.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> SP1Stdin {
        let mut stdin = SP1Stdin::new();
        stdin.write(&20u32);
        stdin.write_vec(vec![7; 5000]);
        stdin.write_vec(Vec::new());
        stdin
    }

    #[test]
    fn what_sp1_encodes_decodes_to_the_same() {
        for stdin in [SP1Stdin::new(), sample()] {
            let decoded = decode(&bincode::serialize(&stdin).unwrap()).unwrap();
            assert_eq!((decoded.buffer, decoded.ptr), (stdin.buffer, stdin.ptr));
        }
    }

    #[test]
    fn a_cut_at_every_byte_and_a_byte_too_many_are_refused() {
        let bytes = bincode::serialize(&sample()).unwrap();
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn lengths_that_lie_cost_nothing() {
        for length in [u64::MAX, 1 << 62, 1 << 40] {
            assert!(decode(&length.to_le_bytes()).is_err());
            assert!(decode(&[1u64.to_le_bytes(), length.to_le_bytes()].concat()).is_err());
            let proofs = [0u64.to_le_bytes(), 0u64.to_le_bytes(), length.to_le_bytes()].concat();
            assert!(decode(&proofs).is_err());
        }
    }
}
