// What a zstd frame holds, whole, for tests that compare it.
import { ZstdDecoder } from '../../workers/zstd/decoder.js';

export async function unpack(frame: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const decoder = new ZstdDecoder((raw) => void pieces.push(Buffer.from(raw)));
  try {
    await decoder.push(frame);
    await decoder.end();
  } finally {
    decoder.close();
  }
  return Buffer.concat(pieces);
}
