//! The frame codec: `u32 LE length` then that many bytes, in both directions (docs/engine-protocol.md).
//! A peer may announce any length, so memory grows as bytes arrive and never ahead of them.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest payload the format can carry; also the default bound.
pub const MAX_FRAME: usize = u32::MAX as usize;

/// Largest step by which the receive buffer grows ahead of the bytes that have arrived.
const GROWTH: usize = 1 << 20;

/// Why no frame could be read.
#[derive(Debug)]
pub enum FrameError {
    /// The announced length is above the bound.
    TooLong {
        announced: usize,
        bound: usize,
    },
    /// The peer went away inside a frame.
    Truncated,
    Io(std::io::Error),
}

/// Reads one frame. `Ok(None)` is an end of file between frames.
pub async fn read_frame<R: AsyncRead + Unpin>(reader: &mut R, bound: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut header = [0u8; 4];
    let mut filled = 0;
    while filled < header.len() {
        match reader.read(&mut header[filled..]).await {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(FrameError::Truncated),
            Ok(n) => filled += n,
            Err(error) => return Err(FrameError::Io(error)),
        }
    }
    let announced = u32::from_le_bytes(header) as usize;
    if announced > bound {
        return Err(FrameError::TooLong { announced, bound });
    }
    let mut payload = Vec::new();
    while payload.len() < announced {
        let missing = announced - payload.len();
        if payload.capacity() == payload.len() {
            // Doubling keeps the copies linear; the bytes already here pay for the next step.
            payload.reserve_exact(missing.min(GROWTH.max(payload.len())));
        }
        let room = payload.capacity() - payload.len();
        let mut limited = (&mut *reader).take(missing.min(room) as u64);
        match limited.read_buf(&mut payload).await {
            Ok(0) => return Err(FrameError::Truncated),
            Ok(_) => {}
            Err(error) => return Err(FrameError::Io(error)),
        }
    }
    Ok(Some(payload))
}

/// Writes one frame and flushes it. A payload above the format's limit is refused, never wrapped.
pub async fn write_frame<W: AsyncWrite + Unpin>(writer: &mut W, payload: &[u8]) -> std::io::Result<()> {
    let length =
        u32::try_from(payload.len()).map_err(|_| std::io::Error::other("the answer is longer than a frame can be"))?;
    writer.write_all(&length.to_le_bytes()).await?;
    writer.write_all(payload).await?;
    writer.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(payload: &[u8]) -> Vec<u8> {
        [&(payload.len() as u32).to_le_bytes()[..], payload].concat()
    }

    #[tokio::test]
    async fn frames_come_back_in_order_until_the_end_of_file() {
        let bytes = [framed(b"one"), framed(b""), framed(&[7u8; 3_000_000])].concat();
        let mut reader = &bytes[..];
        assert_eq!(read_frame(&mut reader, MAX_FRAME).await.unwrap().unwrap(), b"one");
        assert_eq!(read_frame(&mut reader, MAX_FRAME).await.unwrap().unwrap(), b"");
        assert_eq!(read_frame(&mut reader, MAX_FRAME).await.unwrap().unwrap().len(), 3_000_000);
        assert!(read_frame(&mut reader, MAX_FRAME).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_cut_at_every_byte_is_an_error_and_never_a_frame() {
        let bytes = framed(b"a request");
        for cut in 1..bytes.len() {
            let mut reader = &bytes[..cut];
            let read = read_frame(&mut reader, MAX_FRAME).await;
            assert!(matches!(read, Err(FrameError::Truncated)), "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn an_announced_length_above_the_bound_is_refused_before_reading() {
        let mut reader = &[0xff, 0xff, 0xff, 0xff, 1, 2, 3][..];
        let read = read_frame(&mut reader, 1024).await;
        assert!(matches!(read, Err(FrameError::TooLong { announced, bound: 1024 }) if announced == MAX_FRAME));
    }

    #[tokio::test]
    async fn a_length_without_bytes_costs_no_memory() {
        // Four gigabytes announced, ten bytes sent: the process would die if the length were trusted.
        let bytes = [&u32::MAX.to_le_bytes()[..], &[0u8; 10]].concat();
        let mut reader = &bytes[..];
        assert!(matches!(read_frame(&mut reader, MAX_FRAME).await, Err(FrameError::Truncated)));
    }

    #[tokio::test]
    async fn what_is_written_reads_back() {
        let mut wire = Vec::new();
        write_frame(&mut wire, b"answer").await.unwrap();
        assert_eq!(wire, framed(b"answer"));
    }
}
