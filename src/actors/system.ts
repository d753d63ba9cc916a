// Everything between the wire and the lanes, put together: the machine with its effects, its host, the registry. Used by the
// service and by the tests, which bring their own clock and lanes.

import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { Clock } from '../clock.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { requestMachine } from '../machines/request.js';
import { isTerminal, type LiveProgress, type RequestView } from '../machines/requestView.js';
import type { Store } from '../store/environment.js';
import type { Admission } from './admission.js';
import { admitEffect } from './effects/admit.js';
import { wakeEffect } from './effects/deadline.js';
import { executeEffect } from './effects/execute.js';
import { proveEffect } from './effects/prove.js';
import { verifyEffect } from './effects/verify.js';
import { createHost } from './host.js';
import type { Scheduling } from './lanes/scheduling.js';
import { createLeftovers } from './leftovers.js';
import { createRegistry, type Registry } from './registry.js';
import { restoreOpenRequests } from './restore.js';

export interface SystemParameters {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly scheduling: Scheduling;
  readonly admission: Admission;
  readonly artifacts: ArtifactBackend;
  readonly catalog: Catalog;
  readonly proofIds: ProofIds;
  readonly gate: () => 'starting' | 'serving' | 'draining';
  readonly maxOpen: number;
  readonly maxOpenOfRequester: number;
  readonly proofRetentionMs: number;
}

export interface RequestSystem {
  readonly registry: Registry;
  /** Brings every open request back; answers how many. Throws a RestoreError. */
  restore(): number;
  /** Stops every request where it is; resolves when all that was decided is on disk. */
  stop(): Promise<void>;
}

export function createSystem(parameters: SystemParameters): RequestSystem {
  const { store, clock, log, scheduling, admission, artifacts, catalog, proofIds } = parameters;
  const progress = new Map<RequestId, LiveProgress>();
  const resumed = new Set<RequestId>();
  const listeners = new Set<(view: RequestView) => void>();
  const leftovers = createLeftovers({
    catalog,
    artifacts,
    proofIds,
    log,
    proofRetentionMs: parameters.proofRetentionMs,
  });

  const stage = {
    store,
    clock,
    log,
    scheduling,
    resumed,
    artifacts,
    catalog,
    proofIds,
    onProgress: (requestId: RequestId, report: Omit<LiveProgress, 'at'>) =>
      progress.set(requestId, { ...report, at: clock.now() }),
  };
  const machine = requestMachine.provide({
    actors: {
      admit: admitEffect(admission),
      execute: executeEffect(stage),
      prove: proveEffect(stage),
      verify: verifyEffect(stage),
      deadline: wakeEffect(clock, 'DEADLINE_PASSED'),
      backOff: wakeEffect(clock, 'RETRY_DUE'),
    },
  });

  const host = createHost({
    store,
    clock,
    log,
    machine,
    alsoWrite: leftovers.writeRecords,
    sleep({ request: { requestId, requester, deadlineAt } }, wake) {
      const cancelDeadline = clock.wakeAt(deadlineAt, wake);
      const leaveLine = admission.line({ requestId, requester, deadlineAt, resumed: false }, wake);
      return () => {
        cancelDeadline();
        leaveLine();
      };
    },
    onDurable(view) {
      const { requestId } = view.request;
      if (isTerminal(view)) {
        progress.delete(requestId);
        resumed.delete(requestId);
        admission.leave(requestId);
        void leftovers.removeFiles(view);
      }
      for (const listener of listeners) listener(view);
    },
    onQuarantined: (requestId) => admission.leave(requestId),
  });

  const registry = createRegistry({ ...parameters, host, progress, listeners });

  return {
    registry,
    restore: () =>
      restoreOpenRequests({
        store,
        host,
        resumed,
        occupy: (requestId, requester) => admission.occupy(requestId, requester),
      }),
    stop: () => host.stop(),
  };
}
