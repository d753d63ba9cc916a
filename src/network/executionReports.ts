// Tells the network why a guest has failed, before the request is given up there. Whether a prover may say it is not known, so it is tried, and
// the first "no" is believed until the next start. It is said once: nothing depends on it, and the request is given up whatever comes of it.
import { ExecuteFailureCause } from '../gen/network/network_pb.js';
import type { Log } from '../log.js';
import type { NonceNews } from './nonceOwner.js';
import { failExecution, type Numbered, nonceNewsOf } from './signedCalls.js';
import type { Upstream } from './upstream.js';

export interface ExecutionReports {
  /** Whether anything is to be said at all. */
  readonly isOn: boolean;
  /** `cause`: ExecuteFailureCause. Resolves with what the answer says of the nonce. Never rejects. */
  send(call: Numbered & { readonly cause: number }): Promise<NonceNews>;
}

const permissionDenied = 7;
const unimplemented = 12;

export function createExecutionReports({
  upstream,
  policy: { reportExecutions },
  log,
}: {
  upstream: Pick<Upstream, 'forward'>;
  policy: { readonly reportExecutions: 'off' | 'try' };
  log: Log;
}): ExecutionReports {
  let isOn = reportExecutions === 'try';
  return {
    get isOn() {
      return isOn;
    },
    async send(call) {
      const answer = await failExecution({ upstream }, call);
      const { networkId, cause } = call;
      if (answer.ok) {
        const name = ExecuteFailureCause[cause];
        log.info(
          { event: 'network.execution_reported', networkId, cause: name },
          'the network knows why the guest failed',
        );
      } else if (answer.code === permissionDenied || answer.code === unimplemented) {
        isOn = false;
        const { code, text } = answer;
        log.warn(
          { event: 'network.executions_off', networkId, code, text },
          'the network lets this prover report no executions: --report-executions is off until the next start',
        );
      } else {
        const { code, text } = answer;
        log.warn({ event: 'network.execution_unreported', networkId, code, text }, 'why the guest failed stays here');
      }
      return nonceNewsOf(answer);
    },
  };
}
