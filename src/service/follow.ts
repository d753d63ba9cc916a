// Who hears of each transition of a request that is on disk: what counts it, what shows how it went lately, what traces it.
import type { LaneId, RequestId } from '../ids.js';
import type { Scheduling } from '../lanes/scheduling.js';
import { createMinutes, type Minutes } from '../metrics/minutes.js';
import { createRequestMetrics } from '../metrics/requestMetrics.js';
import { isEnd, Standings } from '../metrics/standings.js';
import type { RequestSystem, SystemParameters } from '../requests/system.js';
import { createTraces } from '../traces/traces.js';
import type { Lifecycle } from './lifecycle.js';
import type { Ports } from './ports.js';

export interface Following {
  readonly note: NonNullable<SystemParameters['onTransition']>;
  readonly minutes: Minutes;
}

/** What is traced is sent after the requests have stopped. */
export function follow(ports: Ports, lifecycle: Pick<Lifecycle, 'onStop'>, system: () => RequestSystem): Following {
  const { clock, collector, jobs } = ports;
  const counts = () => system().counts();
  const metrics = createRequestMetrics(ports.meter, { counts });
  const minutes = createMinutes({ clock, counts });
  const standings = new Standings(clock);
  const registry = { view: (requestId: RequestId) => system().registry.view(requestId) };
  const traces = collector && createTraces({ ...ports, collector, registry });
  lifecycle.onStop(noteCrashes(ports.scheduling, minutes));
  if (traces !== undefined) lifecycle.onStop(() => traces.stop());
  return {
    minutes,
    note(view, entry) {
      const stoodMs = standings.note(view.request.requestId, entry);
      metrics.note(view, entry, stoodMs);
      minutes.note(view, entry, stoodMs);
      if (isEnd(entry)) jobs?.ended(view.request.requestId, entry.to === 'fulfilled');
      traces?.note(view, entry);
    },
  };
}

/** A lane tells how often its engine has died so far. Returns what ends it. */
function noteCrashes(scheduling: Pick<Scheduling, 'lanes' | 'onLaneChange'>, minutes: Minutes): () => void {
  const known = new Map<LaneId, number>(scheduling.lanes().map(({ id, crashes }) => [id, crashes]));
  return scheduling.onLaneChange(({ id, crashes }) => {
    for (let seen = known.get(id) ?? 0; seen < crashes; seen += 1) minutes.noteCrash(id);
    known.set(id, crashes);
  });
}
