//! What memory an ELF asks for, before SP1 decodes it: SP1 writes every word of it into a map, and a header of a few
//! bytes can ask for more than any machine has, or for addresses that SP1's executor does not reach.

use sp1_primitives::consts::MAX_JIT_LOG_ADDR;

/// Most that the segments of one program may hold together, in bytes; the map takes about ten times as much.
/// Guests allocate their heap while they run, so real programs stay far below.
pub const LARGEST_IMAGE: u64 = 64 << 20;

/// First address that a guest cannot have.
const END_OF_MEMORY: u64 = 1 << MAX_JIT_LOG_ADDR;

const PT_LOAD: u32 = 1;

/// Of a program header.
const HEADER_BYTES: u64 = 56;

/// The count in the header is in another place; no program of SP1's has so many segments.
const COUNT_ELSEWHERE: u16 = 0xffff;

/// What SP1 before 6 made. Its executor still loads them, and would run their code as 64-bit code: another program than the one that was
/// meant, whose public values could be proved, and signed, all the same.
pub fn is_32_bit(elf: &[u8]) -> bool {
    elf.starts_with(b"\x7fELF\x01")
}

/// Sum of the sizes in memory of all loadable segments; `None` when the headers cannot be read, or a segment does not
/// fit into a guest's memory.
pub fn image_bytes(elf: &[u8]) -> Option<u64> {
    // 64-bit, little-endian.
    if elf.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, count) = (number::<8>(elf, 32)?, number::<2>(elf, 56)?);
    if count == u64::from(COUNT_ELSEWHERE) {
        return None;
    }
    let mut sum = 0u64;
    for index in 0..count {
        let header = usize::try_from(table.checked_add(index * HEADER_BYTES)?).ok()?;
        if number::<4>(elf, header)? == u64::from(PT_LOAD) {
            let field = |offset| number::<8>(elf, header.checked_add(offset)?);
            let (address, bytes) = (field(16)?, field(40)?);
            if bytes <= LARGEST_IMAGE && address.checked_add(bytes)? > END_OF_MEMORY {
                return None;
            }
            sum = sum.saturating_add(bytes);
        }
    }
    Some(sum)
}

fn number<const N: usize>(elf: &[u8], at: usize) -> Option<u64> {
    let bytes = elf.get(at..at.checked_add(N)?)?;
    let mut wide = [0u8; 8];
    wide[..N].copy_from_slice(bytes);
    Some(u64::from_le_bytes(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 64-bit header with one loadable segment of `size` bytes in memory.
    fn elf(size: u64) -> Vec<u8> {
        let mut elf = vec![0u8; 64 + 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[32..40].copy_from_slice(&64u64.to_le_bytes());
        elf[56..58].copy_from_slice(&1u16.to_le_bytes());
        elf[64..68].copy_from_slice(&PT_LOAD.to_le_bytes());
        elf[104..112].copy_from_slice(&size.to_le_bytes());
        elf
    }

    #[test]
    fn segments_are_added_up_and_lies_are_found() {
        assert_eq!(image_bytes(&elf(4096)), Some(4096));
        assert_eq!(image_bytes(&elf(u64::MAX)), Some(u64::MAX));
        let mut beyond = elf(4096);
        beyond[80..88].copy_from_slice(&(END_OF_MEMORY - 4095).to_le_bytes());
        assert_eq!(image_bytes(&beyond), None);
        let mut many = elf(1);
        many[56..58].copy_from_slice(&COUNT_ELSEWHERE.to_le_bytes());
        assert_eq!(image_bytes(&many), None);
        let mut far = elf(1);
        far[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(image_bytes(&far), None);
        let mut narrow = elf(1);
        narrow[4] = 1;
        assert!(is_32_bit(&narrow) && !is_32_bit(&elf(1)));
        assert_eq!(image_bytes(&narrow), None);
        for cut in 0..elf(1).len() {
            assert!(image_bytes(&elf(1)[..cut]).is_none_or(|bytes| bytes <= 1), "cut at {cut}");
        }
    }

    #[test]
    fn the_examples_are_small() {
        let fibonacci = include_bytes!("../../examples/fibonacci/fibonacci.elf");
        assert!(image_bytes(fibonacci).is_some_and(|bytes| bytes > 0 && bytes < LARGEST_IMAGE));
    }
}
