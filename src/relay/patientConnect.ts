// Opens a connection to the upstream, and tries again a few times: nothing of a request has gone out by then, and a prover that starts
// again is back in a moment.
import type { Clock } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Connect, Protocol } from './upstream.js';

/** Before the second try and those after it (ms). */
const pausesMs = [100, 400, 1_500] as const;
/** One try: a listener that takes no connection in this time is not there (ms). */
const tryMs = 10_000;

/** Rejects with UPSTREAM_UNREACHABLE, with a FailureError of `connect`, or with the reason of the signal. */
export function patientConnect(connect: Connect, clock: Pick<Clock, 'wakeIn'>): Connect {
  async function once(protocol: Protocol, signal: AbortSignal): ReturnType<Connect> {
    const late = new AbortController();
    const cancel = clock.wakeIn(tryMs, () => late.abort(Object.assign(new Error('too late'), { code: 'ETIMEDOUT' })));
    try {
      return await connect(protocol, AbortSignal.any([signal, late.signal]));
    } finally {
      cancel();
    }
  }

  return async (protocol, signal) => {
    for (let i = 0; ; i += 1) {
      try {
        return await once(protocol, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof FailureError) throw error;
        const pauseMs = pausesMs[i];
        if (pauseMs === undefined) throw unreachable(error);
        await new Promise<void>((resolve) => {
          clock.wakeIn(pauseMs, resolve);
        });
      }
    }
  };
}

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name leads to no address',
  ETIMEDOUT: 'it takes no connection',
};

function unreachable(error: unknown): FailureError {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const isTls = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)/.test(code);
  const problem =
    problems[code] ??
    (isTls ? 'its certificate or its TLS cannot be accepted' : `no connection (${code || 'broken off'})`);
  return new FailureError(fail('UPSTREAM_UNREACHABLE', { problem }), { cause: error });
}
