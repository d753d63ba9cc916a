// Runs a program to its end. It is killed with us, and its last words are kept for the error.
import { spawn, spawnSync } from 'node:child_process';
import { Problem } from './problem.mjs';

/** What a failed build usually needs to be understood. */
const keptLines = 40;

/** The first line of a quick program's output, or undefined when it is missing or fails. */
export function ask(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  return status === 0 ? stdout.trim() : undefined;
}

/** Splits a stream at line ends and carriage returns: progress bars redraw with the latter. */
function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split(/[\r\n]/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => rest !== '' && onLine(rest));
}

/**
 * Resolves when the program has ended with 0; rejects with a Problem that holds its last lines otherwise.
 * `onOut` and `onErr` get every line; what `onErr` answers true for is progress and is not kept.
 */
export function run(command, args, { cwd, env, what, onOut = () => {}, onErr = () => false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const kept = [];
    const keep = (line) => {
      kept.push(line);
      if (kept.length > keptLines) kept.shift();
    };
    eachLine(child.stdout, (line) => onOut(line, keep));
    eachLine(child.stderr, (line) => onErr(line) === true || keep(line));

    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    child.once('error', (error) => reject(new Problem(`${what} did not start: ${error.message}`)));
    child.once('close', (code, signal) => {
      process.removeListener('exit', stop);
      if (code === 0) return resolve();
      const last = kept.filter((line) => line.trim() !== '').join('\n');
      reject(new Problem(`${what} ended with ${signal ?? `code ${code}`}.\n${last}`));
    });
  });
}
