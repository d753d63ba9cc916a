// A line that shows that something is being done and for how long: ticking on a terminal, said once anywhere else.
import type { Clock } from '../clock.js';
import { formatDuration } from './format.js';
import type { Output } from './output.js';

const redrawEveryMs = 200;

export interface BusyLine {
  say(text: string): void;
  /** Removes the line. Idempotent. */
  end(): void;
}

/** `announce: false` leaves it to the caller what to say where there is no terminal. */
export function createBusyLine(
  output: Output,
  clock: Clock,
  text: string,
  { announce = true }: { announce?: boolean } = {},
): BusyLine {
  const startedAt = clock.steady();
  let cancel = () => {};
  const redraw = () => {
    output.draw(`… ${text} · ${formatDuration(clock.steady() - startedAt)}`);
    cancel = clock.wakeIn(redrawEveryMs, redraw);
  };
  if (output.live) redraw();
  else if (announce) output.note(text);
  return {
    say(next) {
      text = next;
    },
    end() {
      cancel();
      output.clear();
    },
  };
}
