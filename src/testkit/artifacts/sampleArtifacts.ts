// Well-formed artifacts for tests, as an SDK uploads them.

export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** u64 length ‖ an ELF header that says 64-bit RISC-V executable, and filling. */
export function sampleProgram(fillBytes = 100, fill = 0): Buffer {
  const elf = Buffer.alloc(64 + fillBytes, fill);
  elf.fill(0, 0, 64).set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  elf.writeUInt16LE(2, 16);
  elf.writeUInt16LE(243, 18);
  return Buffer.concat([u64(elf.byteLength), elf]);
}

/** bincode of an SP1Stdin without proofs. */
export const sampleStdin = (...buffers: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    u64(buffers.length),
    ...buffers.flatMap((buffer) => [u64(buffer.byteLength), buffer]),
    u64(0),
    u64(0),
  ]);
