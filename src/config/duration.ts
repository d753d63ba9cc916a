// How a length of time is written, in options of the service and of the commands alike. A number without a unit is refused: one
// reader takes it for seconds, the next for milliseconds.

const unitsMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A hundred years (ms): what is longer is a slip, and would lie beyond what a date can hold. */
const longestMs = 36_500 * 86_400_000;

/** `500ms`, `90s`, `15m`, `4h`, `7d` → milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const found = /^(\d{1,15}) ?(ms|s|m|h|d)$/.exec(text.trim());
  const ms = Number(found?.[1]) * (unitsMs[found?.[2] ?? ''] ?? Number.NaN);
  return ms <= longestMs ? ms : undefined;
}

/** Completes a sentence such as `--timeout must be …`. */
export const durationForm = 'a length of time with its unit, such as 500ms, 90s, 15m, 4h or 7d (36500d at most)';
