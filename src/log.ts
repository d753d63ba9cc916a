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
      // A caught foreign error may carry anything. Its text is for the log alone, and its own fields are dropped.
      serializers: { err: (error: unknown) => (error instanceof Error ? factsOf(error) : String(error)) },
    },
    inTurns(destination({ fd: 2, sync: true, maxLength: maxBufferedBytes })),
  );
}

/** How many causes of an error are logged. A chain of causes may lead back to its start. */
const maxCauses = 4;

function factsOf(error: Error): { text: string; stack: string | undefined; causes?: unknown[] } {
  const causes = [];
  for (let { cause } = error; cause instanceof Error && causes.length < maxCauses; { cause } = cause)
    causes.push({ text: cause.message, stack: cause.stack });
  return { text: error.message, stack: error.stack, ...(causes.length > 0 && { causes }) };
}

/** Bytes buffered while stderr blocks. Lines beyond them are dropped. */
const maxBufferedBytes = 1024 * 1024;
/** Lines are written before the turn of the loop ends once they have this many characters. */
const fullLength = 64 * 1024;

/**
 * The lines of one turn of the loop go out in one call to the system, which costs more than all else about a line. When the process
 * ends, also by an uncaught error, the last ones are written. SIGKILL loses those of its own turn. The lines are joined here because
 * pino's own destination empties its buffer with an fsync, and on a busy disk the whole service would wait for that.
 */
function inTurns(out: ReturnType<typeof destination>): { write(line: string): void } {
  // The reader is gone, or its disk is full. There is nowhere to report that, and proofs do not depend on it.
  out.on('error', () => {});
  let lines = '';
  const flush = () => {
    if (lines === '') return;
    process.off('exit', flush);
    const text = lines;
    lines = '';
    out.write(text);
  };
  return {
    write(line) {
      if (lines === '') {
        process.once('exit', flush);
        setImmediate(flush);
      }
      lines += line;
      if (lines.length >= fullLength) flush();
    },
  };
}
