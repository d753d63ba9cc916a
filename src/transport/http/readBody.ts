// A small body, whole: bounded in size and time.
import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.js';

/** A body of some kilobytes that takes longer is not meant to arrive (ms). */
const arrivalMs = 20_000;

/** Why a body is not read to its end. */
export type UnreadBody = 'too large' | 'too slow' | 'broken off';

export async function readBody(
  body: Readable,
  { limitBytes, clock }: { readonly limitBytes: number; readonly clock: Clock },
): Promise<Buffer | UnreadBody> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const settle = (outcome: Buffer | UnreadBody) => {
      cancel();
      body.off('data', take).off('end', end).off('error', broken).off('close', broken);
      // What still comes of it is the connection's affair.
      body.pause();
      resolve(outcome);
    };
    const cancel = clock.wakeIn(arrivalMs, () => settle('too slow'));
    const take = (chunk: Buffer) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > limitBytes) settle('too large');
      else chunks.push(chunk);
    };
    const end = () => settle(Buffer.concat(chunks));
    const broken = () => settle('broken off');
    body.on('data', take).once('end', end).once('error', broken).once('close', broken);
  });
}
