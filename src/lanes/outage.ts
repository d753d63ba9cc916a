// Whether a stage has had no lane to do its work since the start. A lane that dies later is restarted and waited for. A lane that has
// never started usually means a set-up that cannot work, and requests must not wait for it until their deadline.
import type { RequestMode, Stage } from '../engines/jobs.js';
import type { Failure, FailureOf } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import type { LaneId } from '../ids.js';

/** Each is needed for every proof. */
const stages = ['execute', 'prove', 'verify'] as const;
/** Nothing is proved for a signature. Its executions have lanes of their own, whose engines are the same. */
const signedStages = ['setup', 'execute'] as const;

/** What has to be known of a lane. */
export interface Starter {
  readonly id: LaneId;
  readonly stage: Stage;
  readonly modes: readonly string[];
  readonly startFailure: Failure | undefined;
}

/** `noProver` says why no lane proves at all, as the end of a sentence. Without a mode any lane that proves counts, and where none is there to
 * prove but some are to sign, signing does. */
export function outageOf(
  lanes: readonly Starter[],
  mode: RequestMode | undefined,
  noProver: () => string,
): FailureOf<'STAGE_UNAVAILABLE'> | undefined {
  const has = (stage: Stage) => lanes.some((lane) => lane.stage === stage);
  const signsOnly = mode === undefined && has('setup') && !has('prove');
  for (const stage of mode === 'tee' || signsOnly ? signedStages : stages) {
    const able = lanes.filter(
      (lane) => lane.stage === stage && (stage !== 'prove' || mode === undefined || lane.modes.includes(mode)),
    );
    if (able.some(({ startFailure }) => startFailure === undefined)) continue;
    const [first] = able;
    const reason = first?.startFailure === undefined ? noProver() : reasonOf(first.id, first.startFailure);
    return fail('STAGE_UNAVAILABLE', { stage, reason });
  }
  return undefined;
}

function reasonOf(id: LaneId, failure: Failure): string {
  const detail = failure.code === 'ENGINE_LOST' ? failure.detail : failure.code;
  return `no engine has started for it since the service has (${id}: ${detail})`;
}
