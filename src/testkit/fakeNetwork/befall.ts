// Lets a call meet its fault: what it does is done or not, and what its caller sees is spoiled, or nothing.
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { DescMessage } from '@bufbuild/protobuf';
import type { Clock } from '../../clock.js';
import type { Fault } from './faults.js';
import { refused } from './refused.js';
import { newer, shortened } from './spoiledAnswer.js';

/** What a call came by. None of these is followed by an answer. */
export interface Line {
  cut(): void;
  /** Half of this answer leaves first. */
  cutWithin(answer: Uint8Array): void;
  reset(): void;
  /** It takes no more calls. What is open is answered. */
  goAway(): void;
  /** In place of an answer of gRPC. */
  http(status: number): void;
}

export interface Befallen {
  readonly line: Line;
  readonly clock: Clock;
  /** Of the answer. */
  readonly schema: DescMessage;
  /** Its answer is taken away. */
  lost(): void;
  /** The judge is to refuse the nonce. Undefined: with the number that is right. */
  refuseNonce(expected: bigint | undefined): void;
}

const never = () => new Promise<never>(() => undefined);

export async function befall(
  fault: Fault | undefined,
  { line, clock, schema, lost, refuseNonce }: Befallen,
  act: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (fault === undefined) return act();
  switch (fault.kind) {
    case 'delayed':
      await new Promise<void>((resolve) => clock.wakeIn(fault.ms, resolve));
      return act();
    case 'goAway':
      line.goAway();
      return act();
    case 'nonce':
      refuseNonce(fault.expected);
      return act();
    case 'twice':
      await act();
      return act();
    case 'empty':
      await act();
      return new Uint8Array();
    case 'shortIds':
      return shortened(schema, await act());
    case 'newer':
      return newer(schema, await act());
    case 'status':
      if (fault.effect) await act();
      lost();
      throw refused(fault.name, fault.text);
    default:
      await unanswered(fault, line, act);
      lost();
      return never();
  }
}

async function unanswered(fault: Fault, line: Line, act: () => Promise<Uint8Array>): Promise<void> {
  if (fault.kind === 'cut') return line.cutWithin(await act());
  if (fault.kind === 'lostAfter' || fault.kind === 'silentAfter') await act();
  if (fault.kind === 'http') line.http(fault.status);
  else if (fault.kind === 'reset') line.reset();
  else if (fault.kind === 'lostAfter' || fault.kind === 'lostBefore') line.cut();
}

export function lineOf(stream: ServerHttp2Stream): Line {
  return {
    cut: () => stream.session?.destroy(),
    cutWithin(answer) {
      const frame = Buffer.alloc(5 + answer.byteLength);
      frame.writeUInt32BE(answer.byteLength, 1);
      frame.set(answer, 5);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      // Its half is on its way first.
      stream.write(frame.subarray(0, frame.byteLength >> 1), () => setImmediate(() => stream.session?.destroy()));
    },
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    goAway: () => stream.session?.goaway(constants.NGHTTP2_NO_ERROR),
    http(status) {
      stream.respond({ ':status': status, 'content-type': 'text/html' });
      stream.end('<html>a proxy</html>');
    },
  };
}
