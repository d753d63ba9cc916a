// Forms of options that are quantities: text with a unit, and the number that it stands for.
import { z } from 'zod';
import { durationForm, parseDurationMs } from './duration.js';
import { parseSizeBytes } from './size.js';

/** What is shorter is a slip: records are looked for once a minute. */
const leastRetentionMs = 60_000;

/** `512MiB`, `2GB`, `1048576`: bytes. */
export const size = z.string().transform((text, context) => {
  const bytes = parseSizeBytes(text);
  if (bytes === undefined) context.addIssue({ code: 'custom', message: 'must be a size such as 512MiB or 2GB' });
  return bytes ?? 0;
});

/** `90s`, `15m`, `12h`, `7d`: milliseconds. */
export const duration = z.string().transform((text, context) => {
  const ms = parseDurationMs(text);
  if (ms === undefined) context.addIssue({ code: 'custom', message: `must be ${durationForm}` });
  return ms ?? 0;
});

/** A length of time, or `never`: undefined. */
export const retention = z.string().transform((text, context) => {
  if (text === 'never') return undefined;
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < leastRetentionMs)
    context.addIssue({ code: 'custom', message: `must be "never" or ${durationForm}, 1m at least` });
  return ms;
});
