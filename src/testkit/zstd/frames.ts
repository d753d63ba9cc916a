// Frames made by the zstd program (1.5.4), for tests: `zstd -3 --no-check FILE`, `… | zstd -19`, `head -c 64M /dev/zero | zstd -3`.
import { readFileSync } from 'node:fs';

const frame = (name: string): Uint8Array =>
  new Uint8Array(
    Buffer.from(readFileSync(new URL(`./${name}.zst.hex`, import.meta.url), 'utf8').replace(/\s/g, ''), 'hex'),
  );

/** Two SP1Stdin artifacts, each with the size and SHA-256 of its raw bytes. */
export const stdinFrames = [
  {
    name: 'content size in the header, no checksum',
    bytes: frame('stdin-with-size'),
    rawBytes: 357_269,
    sha256: '03a4440bc3186b2aa920a8e3b0e08bbcf214aecbfaf5aad3d2ef496f0b644db8',
  },
  {
    name: 'streamed: no content size, a checksum, several blocks',
    bytes: frame('stdin-streamed-with-checksum'),
    rawBytes: 512_974,
    sha256: 'b6bba03d8160ec438ffb4974845a7bf01536dba068379bba2965e326990c885e',
  },
] as const;

/** 64 MiB of zeros in 2 KB. */
export const bomb = { bytes: frame('zeros-64MiB'), rawBytes: 64 * 1024 * 1024 };
