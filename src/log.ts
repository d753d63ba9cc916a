// The root logger: one JSON line a fact to standard error (standard output is for people). Never input bytes, witness or keys; digests and sizes only.
import { destination, type Logger, pino } from 'pino';

export type Log = Logger;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // A caught foreign error may carry anything; its text is for the log alone, and its own fields are dropped.
      serializers: {
        err: (error: unknown) => (error instanceof Error ? { text: error.message, stack: error.stack } : String(error)),
      },
    },
    destination({ fd: 2, sync: true }),
  );
}
