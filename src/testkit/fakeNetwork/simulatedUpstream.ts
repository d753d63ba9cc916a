// Calls to a fake network of this process, in simulated time: each takes some of it on its way there, and some on its way back. What calls
// dies with its caller's life: a call that is under way may still arrive, and its answer comes to no one.
import type { Clock } from '../../clock.js';
import { FailureError } from '../../failures/failureError.js';
import type { Reachability } from '../../network/reachability.js';
import { directionOf, readsBy, type Upstream, type UpstreamAnswer } from '../../network/upstream.js';
import type { CallContext } from '../../transport/grpc/call.js';
import { code, StatusError } from '../../transport/grpc/code.js';
import { grpcStatusOf } from '../../transport/grpc/failureStatus.js';
import type { Line } from './befall.js';
import type { FakeCore } from './core.js';

export interface SimulatedUpstream extends Upstream {
  /** Nothing that it is asked for is answered any more. */
  die(): void;
}

/** Each way (ms). */
const wayMs = 10;
const givesUpMs = 20_000;

export function simulatedUpstream(core: FakeCore, clock: Clock, note: Reachability['note']): SimulatedUpstream {
  const methods = new Map(core.methods.map((method) => [method.path, method]));
  let isDead = false;
  const way = () => new Promise<void>((resolve) => clock.wakeIn(wayMs, resolve));

  async function answered(path: string, raw: Uint8Array, line: Line): Promise<UpstreamAnswer> {
    const method = methods.get(path);
    if (method === undefined) return broken(code.unimplemented, 'no such method');
    const arrival = { method: path.split('/').at(-1) ?? '', headers: {}, peerPort: 0, line };
    try {
      const bytes = await core.arrive(arrival, async () => method.answer({ raw } as CallContext));
      return { ok: true, bytes };
    } catch (error) {
      if (error instanceof StatusError) return broken(error.status.code, error.status.details);
      if (error instanceof FailureError) return broken(grpcStatusOf(error.failure).code, 'malformed');
      throw error;
    }
  }

  async function forward(path: string, message: Uint8Array): Promise<UpstreamAnswer> {
    if (isDead) return never();
    await way();
    const answer = await new Promise<UpstreamAnswer>((resolve, reject) => {
      const end = (number: number, text: string) => () => resolve(broken(number, text));
      const cancel = clock.wakeIn(givesUpMs, end(code.deadlineExceeded, 'Deadline exceeded'));
      const cut = end(code.unavailable, 'Connection dropped');
      const line: Line = { cut, cutWithin: cut, http: cut, reset: end(code.internal, 'RST_STREAM'), goAway: () => {} };
      answered(path, Buffer.from(message), line).then(resolve, reject).finally(cancel);
    });
    await way();
    if (isDead) return never();
    note(directionOf(path), answer.ok || (answer.code !== code.unavailable && answer.code !== code.deadlineExceeded));
    return answer;
  }

  return {
    forward,
    read: readsBy({ forward, clock }),
    close() {},
    die() {
      isDead = true;
    },
  };
}

const never = () => new Promise<never>(() => undefined);

const broken = (number: number, text: string): UpstreamAnswer => ({ ok: false, code: number, text });
