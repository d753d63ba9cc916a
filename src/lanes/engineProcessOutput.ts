// An engine's standard error, line by line, with a bound on every line: what an engine prints must not cost us memory.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Characters of a line that are kept. A tracing line with its fields fits. A core dump in hex does not. */
const maxLine = 500;

/** Calls `onLine` for each line, cut to 500 characters, and for a last one without its end. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let line = '';
  const take = (text: string) => {
    const [first = '', ...rest] = text.split('\n');
    line = (line + first).slice(0, maxLine);
    for (const next of rest) {
      onLine(line);
      line = next.slice(0, maxLine);
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  stream.once('end', () => {
    if (line !== '') onLine(line);
  });
  // A broken pipe is part of the end of a process, which its exit reports.
  stream.on('error', () => {});
}
