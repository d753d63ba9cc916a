// What the SDK uploads: a program artifact and an SP1Stdin, in bincode, as bytes of known size.
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { SizedBody } from './http.js';

/** Bytes in memory, or a file that is streamed from disk. */
export type ByteSource = Uint8Array | { readonly path: string };

const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

type SizedSource = { readonly bytes: Uint8Array } | { readonly path: string; readonly sizeBytes: number };

async function sized(source: ByteSource): Promise<SizedSource> {
  if (source instanceof Uint8Array) return { bytes: source };
  return { path: source.path, sizeBytes: (await stat(source.path)).size };
}

const sizeOf = (source: SizedSource) => ('bytes' in source ? source.bytes.byteLength : source.sizeBytes);

function bodyOf(parts: readonly SizedSource[]): SizedBody {
  async function* read() {
    for (const part of parts) {
      if ('bytes' in part) yield part.bytes;
      // Up to the size that was announced: a file that grows meanwhile must not shift what follows.
      else if (part.sizeBytes > 0) yield* createReadStream(part.path, { end: part.sizeBytes - 1 });
    }
  }
  return {
    sizeBytes: parts.reduce((sum, part) => sum + sizeOf(part), 0),
    // Byte mode: chunks must not be counted as objects.
    open: () => Readable.from(read(), { objectMode: false }),
  };
}

/** u64 length ‖ ELF. @internal */
export async function encodeProgram(elf: ByteSource): Promise<SizedBody> {
  const source = await sized(elf);
  return bodyOf([{ bytes: u64(sizeOf(source)) }, source]);
}

/** An SP1Stdin with these buffers, in the order in which the guest reads them, and no proofs. @internal */
export async function encodeStdin(buffers: readonly ByteSource[]): Promise<SizedBody> {
  const sources = await Promise.all(buffers.map(sized));
  const parts = sources.flatMap((source) => [{ bytes: u64(sizeOf(source)) }, source]);
  // ptr 0, then 0 proofs.
  return bodyOf([{ bytes: u64(sources.length) }, ...parts, { bytes: Buffer.alloc(16) }]);
}

/**
 * The buffer that a Rust host writes with `stdin.write(&n)` for a u32.
 * @example
 * ```ts
 * const inputs = [u32Buffer(20), { path: 'witness.bin' }];
 * ```
 */
export function u32Buffer(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
