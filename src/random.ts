// The only place that asks the system for chance. Everything else is handed a Random, so tests can own chance.
import { randomFillSync } from 'node:crypto';

export interface Random {
  /** So many unguessable bytes, as a copy of its own. (`Uint8Array<ArrayBuffer>`, which TypeScript 5.4 cannot read in the package's types.) */
  bytes(count: number): ReturnType<Uint8Array['slice']>;
}

/** Bytes that are asked for at once: asking the system for the 26 of an id costs ten times what the id's hex does. */
const poolBytes = 4_096;

/** A random name in the form of RFC 4122, version 4: for files and for references in the log. */
export function uuidOf(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = hexOf(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** So many random bytes in lower-case hex. */
export const randomHex = (random: Random, count: number): string => hexOf(random.bytes(count));

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The operating system's. */
export const systemRandom: Random = (() => {
  const pool = new Uint8Array(poolBytes);
  let used = poolBytes;
  return {
    bytes(count) {
      if (count > poolBytes) return randomFillSync(new Uint8Array(count));
      if (used + count > poolBytes) {
        randomFillSync(pool);
        used = 0;
      }
      const taken = pool.slice(used, used + count);
      // What was handed out is not kept: some of it becomes keys.
      pool.fill(0, used, used + count);
      used += count;
      return taken;
    },
  };
})();
