// Shows a request moving: one live line on a terminal, one line per change of state anywhere else.
import type { RequestProgress, RequestUpdate, Retry } from '../client/client.js';
import type { Clock } from '../clock.js';
import { createBusyLine } from './busyLine.js';
import { formatCount, formatDuration } from './format.js';
import type { Output } from './output.js';

const stages: Record<string, string> = {
  loading: 'loading the prover',
  setup: 'setting the program up',
  executing: 'executing',
  proving: 'shards',
  compressing: 'compressing',
  shrinking: 'shrinking',
  wrapping: 'wrapping',
};

const states: Record<string, string> = {
  unexecutable: 'failed',
  unfulfillable: 'failed',
  timedOut: 'expired',
};

/** The state in the service's own words where it sends them, else as much as the wire can say. */
function stateOf({ state, detail }: RequestUpdate): string {
  const known = states[state] ?? state;
  if (detail === undefined || (known !== 'executing' && known !== 'proving' && known !== 'requested')) return known;
  return detail.phase === undefined ? detail.state : `${detail.state}, ${detail.phase}`;
}

/** Undefined where it would only repeat the state: sp1-gpu-server does not count its shards. */
function stageText({ stage, done, total }: NonNullable<RequestProgress['progress']>): string | undefined {
  const name = stages[stage] ?? stage;
  if (total > 0) return `${name} ${done} of ${total}`;
  return stage === 'proving' ? undefined : name;
}

/** `proving, running · shards 3 of 8 · 13,131 cycles · attempt 2`. */
export function describeUpdate(update: RequestUpdate): string {
  const { detail } = update;
  const progress = detail?.progress;
  const cycles = detail?.execution?.cycles ?? (progress?.cycles ? String(progress.cycles) : undefined);
  const facts = [
    stateOf(update),
    progress && stageText(progress),
    cycles && `${formatCount(cycles)} cycles`,
    detail?.attempt !== undefined && detail.attempt > 1 && `attempt ${detail.attempt}`,
  ];
  return facts.filter(Boolean).join(' · ');
}

export interface ProgressView {
  update(update: RequestUpdate): void;
  /** The service did not answer; it is tried again. */
  retrying(retry: Retry): void;
  end(): void;
}

export function createProgressView(output: Output, clock: Clock): ProgressView {
  const startedAt = clock.steady();
  const line = createBusyLine(output, clock, 'waiting', { announce: false });
  let noted = '';
  const note = (key: string, text: string) => {
    if (output.live || key === noted) return;
    noted = key;
    output.note(text);
  };
  return {
    update(update) {
      const text = describeUpdate(update);
      line.say(text);
      // Every shard would be a line of its own: without a terminal only states and stages are.
      const elapsed = formatDuration(clock.steady() - startedAt);
      note(`${stateOf(update)} ${update.detail?.progress?.stage}`, `${text} (${elapsed})`);
    },
    retrying({ call, error }) {
      const reason = error instanceof Error ? error.message : String(error);
      const text = `the service does not answer, trying again (${reason})`;
      line.say(text);
      note(`retry ${call}`, `${call}: ${text}`);
    },
    end: line.end,
  };
}
