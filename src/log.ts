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
      serializers: { err: (error: unknown) => (error instanceof Error ? factsOf(error) : String(error)) },
    },
    inTurns(destination({ fd: 2, sync: true, maxLength: mostBytes })),
  );
}

/** How far down a chain of causes is told; one may also lead back to its start. */
const mostCauses = 4;

function factsOf(error: Error): { text: string; stack: string | undefined; causes?: unknown[] } {
  const causes = [];
  for (let { cause } = error; cause instanceof Error && causes.length < mostCauses; { cause } = cause)
    causes.push({ text: cause.message, stack: cause.stack });
  return { text: error.message, stack: error.stack, ...(causes.length > 0 && { causes }) };
}

/** So much is kept while standard error takes nothing; what comes then is dropped. */
const mostBytes = 1024 * 1024;
/** So many characters are written at once, within a turn of the loop. */
const fullLength = 64 * 1024;

/**
 * The lines of one turn of the loop go out in one call to the system, which costs more than all else about a line. When the process
 * ends, by an uncaught error too, the last ones are written; SIGKILL takes those of its own turn. Put together here: the buffer of
 * pino's own destination is emptied with an fsync, for which a file on a busy disk makes the whole service wait.
 */
function inTurns(out: ReturnType<typeof destination>): { write(line: string): void } {
  // Nobody reads any more, or its disk is full. There is nowhere to say so, and proofs do not depend on it.
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
