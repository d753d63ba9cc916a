// Shows a request moving: one live line on a terminal, one line per change of state anywhere else.
import type { RequestUpdate, Retry } from '../client/client.js';
import type { Clock } from '../clock.js';
import { formatCount, formatDuration } from './format.js';
import type { Output } from './output.js';

const redrawEveryMs = 200;

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

/** The state in the service's own words where it tells them, else as far as the wire can. */
function stateOf({ state, detail }: RequestUpdate): string {
  const known = states[state] ?? state;
  if (detail === undefined || (known !== 'executing' && known !== 'proving' && known !== 'requested')) return known;
  return detail.phase === undefined ? detail.state : `${detail.state}, ${detail.phase}`;
}

/** `proving, running · shards 3 of 8 · 13,131 cycles · attempt 2`. */
export function describeUpdate(update: RequestUpdate): string {
  const { detail } = update;
  const progress = detail?.progress;
  const cycles = detail?.execution?.cycles ?? (progress?.cycles ? String(progress.cycles) : undefined);
  const facts = [
    stateOf(update),
    progress &&
      `${stages[progress.stage] ?? progress.stage}${progress.total > 0 ? ` ${progress.done} of ${progress.total}` : ''}`,
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
  const startedAt = clock.now();
  const elapsed = () => formatDuration(clock.now() - startedAt);
  let text = 'waiting';
  let noted = '';
  let cancel = () => {};
  const redraw = () => {
    output.draw(`… ${text} · ${elapsed()}`);
    cancel = clock.wakeAt(clock.now() + redrawEveryMs, redraw);
  };
  const note = (key: string, line: string) => {
    if (key === noted) return;
    noted = key;
    output.note(line);
  };
  if (output.live) redraw();
  return {
    update(update) {
      text = describeUpdate(update);
      // Every shard would be a line of its own: without a terminal only states and stages are.
      if (!output.live) note(`${stateOf(update)} ${update.detail?.progress?.stage}`, `${text} (${elapsed()})`);
    },
    retrying({ call, error }) {
      const reason = error instanceof Error ? error.message : String(error);
      text = `the service does not answer, trying again (${reason})`;
      if (!output.live) note(`retry ${call}`, `${call}: ${text}`);
    },
    end() {
      cancel();
      output.clear();
    },
  };
}
