// Where traces go, when no option of ours says so: as everything finds it that speaks OpenTelemetry.
import { type OptionValues, options } from './options.js';

const common = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/** Empty is as good as not set. What is wrong becomes a sentence in `problems`, without its text: other programs read it too. */
export function tracesToOf(
  { tracesTo }: OptionValues,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const text = environment[common];
  if (tracesTo !== undefined || !text) return tracesTo;
  const parsed = options.tracesTo.schema.safeParse(text);
  if (!parsed.success) problems.push(`${common}: ${parsed.error.issues[0]?.message ?? 'not valid'}`);
  return parsed.data;
}
