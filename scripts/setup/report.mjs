// What the user sees of the set-up: a live line on a terminal, plain lines anywhere else.

/** A minute without a terminal says as much as ten lines a second on one. */
const plainProgressEveryMs = 30_000;
const redrawEveryMs = 100;

/** 850 → `0.9 s`, 75_000 → `1 min 15 s`. */
export function formatDuration(ms) {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * A reporter of steps. `everyStep: false` keeps quiet about steps that had nothing to do.
 * `step(title, work)` runs `work(progress)`; `work` answers `{changed, note}`, and `progress(text)` shows how far it is.
 */
export function createReport({ everyStep, out = process.stderr }) {
  const live = Boolean(out.isTTY);
  let drawn = false;
  const clear = () => {
    if (drawn) out.write('\r\x1b[2K');
    drawn = false;
  };
  const line = (text) => {
    clear();
    out.write(`${text}\n`);
  };

  function follow(title) {
    const startedAt = performance.now();
    let text = '';
    let shown = '';
    const draw = () => {
      const elapsed = formatDuration(performance.now() - startedAt);
      const width = (out.columns || 80) - 1;
      clear();
      out.write(`… ${title}: ${text === '' ? elapsed : `${text}, ${elapsed}`}`.slice(0, width));
      drawn = true;
    };
    const say = () => {
      if (text === shown) return;
      shown = text;
      line(`  ${title}: ${text}, ${formatDuration(performance.now() - startedAt)}`);
    };
    const timer = setInterval(live ? draw : say, live ? redrawEveryMs : plainProgressEveryMs);
    return {
      progress: (next) => {
        text = next;
      },
      end: () => {
        clearInterval(timer);
        clear();
        return formatDuration(performance.now() - startedAt);
      },
    };
  }

  return {
    line,
    async step(title, work) {
      const { progress, end } = follow(title);
      try {
        const result = await work(progress);
        const took = end();
        if (result.changed || everyStep) line(`✓ ${title}: ${result.note} (${took})`);
        return result;
      } catch (error) {
        line(`✗ ${title}: failed after ${end()}`);
        throw error;
      }
    },
  };
}
