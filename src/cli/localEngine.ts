// An engine of our own for a moment: sets programs up, executes them and verifies proofs, on this machine and without a service.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SizedBody } from '../client/http.js';
import { sleep } from '../client/sleep.js';
import type { Clock } from '../clock.js';
import type { Answer } from '../engines/answers.js';
import { encodeBytes, encodeU8, encodeU32, encodeU64 } from '../engines/bincode.js';
import { FrameReader } from '../engines/frameReader.js';
import type { Progress } from '../engines/jobs.js';
import { maxFrameBytes, requestNumber } from '../engines/requests.js';
import { createRunFolder, type RunFolder, RunFolderError, temporaryPlaces } from '../lanes/runFolder.js';
import { CliError } from './cli.js';

export type AnswerOf<K extends Answer['kind']> = Extract<Answer, { kind: K }>;

/** One job at a time. Every method rejects with CliError when the engine refuses or is lost. */
export interface LocalEngine {
  /** The program's verifying key, 104 bytes. Takes about eight seconds. */
  setup(program: SizedBody): Promise<Uint8Array>;
  execute(
    job: { program: SizedBody; stdin: SizedBody; cycleLimit: bigint; gasLimit: bigint },
    onProgress: (progress: Progress) => void,
  ): Promise<AnswerOf<'executed'>>;
  verify(vk: Uint8Array, proof: Uint8Array): Promise<AnswerOf<'verified'>>;
}

/** `--role execute` is there in well under a second; a slow disk may need longer for the first read of the binary. */
const startTimeoutMs = 30_000;
const connectEveryMs = 20;

/** Starts an engine, hands it to `work`, and ends it whatever happens. */
export async function withLocalEngine<T>(
  path: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  work: (engine: LocalEngine) => Promise<T>,
): Promise<T> {
  const runFolder = createRunFolder({ places: temporaryPlaces(), fits: (folder) => socketIn(folder).length < 100 });
  const socketPath = socketIn(await readied(runFolder));
  // The pipe to its standard input is its leash: it ends when we do.
  const child = spawn(path, ['--role', 'execute', '--socket', socketPath], { stdio: ['pipe', 'ignore', 'pipe'] });
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2_000);
  });
  child.stdin.on('error', () => {
    // It has died; the exit below says so.
  });
  const gone = new AbortController();
  const exited = once(child, 'exit').then(
    ([code, killedBy]) => gone.abort(`it ended with ${killedBy ?? `code ${code}`}. ${lastLine(lastWords)}`),
    (error: Error) => gone.abort(error.message),
  );
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let socket: Socket | undefined;
  try {
    socket = await connect(socketPath, clock, gone.signal);
    return await work(engineOn(socket));
  } catch (error) {
    if (signal.aborted) throw new CliError('INTERRUPTED', 'Interrupted.', 130);
    // A cut connection is how its end shows first; the reason follows with its exit.
    if (error instanceof ConnectionLost) {
      stop();
      await exited;
      throw new CliError('ENGINE_LOST', `The engine ${path} failed: ${String(gone.signal.reason).trim()}`);
    }
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    socket?.destroy();
    stop();
    await exited;
    runFolder.remove();
  }
}

const socketIn = (folder: string) => join(folder, 'engine.sock');

async function readied(runFolder: RunFolder): Promise<string> {
  return await runFolder.ready().catch((error: unknown) => {
    throw error instanceof RunFolderError ? new CliError('RUN_FOLDER', error.message) : error;
  });
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

class ConnectionLost extends Error {}

async function connect(path: string, clock: Clock, gone: AbortSignal): Promise<Socket> {
  const givesUpAt = clock.steady() + startTimeoutMs;
  for (;;) {
    const socket = createConnection(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch {
      socket.destroy();
      if (gone.aborted || clock.steady() > givesUpAt) throw new ConnectionLost();
      await sleep(clock, connectEveryMs, new AbortController().signal);
    }
  }
}

function engineOn(socket: Socket): LocalEngine {
  socket.on('error', () => {
    // `close` follows, and is what is looked at.
  });
  async function ask<K extends Answer['kind']>(
    kind: K,
    parts: readonly (Uint8Array | SizedBody)[],
    onProgress: (progress: Progress) => void = () => {},
  ): Promise<AnswerOf<K>> {
    const sizeBytes = parts.reduce((sum, part) => sum + ('open' in part ? part.sizeBytes : part.byteLength), 0);
    if (sizeBytes > maxFrameBytes) throw new CliError('INPUT_TOO_LARGE', 'Program and input together pass 4 GiB.');
    async function* frame() {
      yield encodeU32(sizeBytes);
      for (const part of parts) {
        if ('open' in part) yield* part.open();
        else yield part;
      }
    }
    const answering = readAnswer(socket, onProgress);
    // Its rejection is awaited below; until then it must not count as unhandled.
    answering.catch(() => {});
    try {
      await pipeline(Readable.from(frame(), { objectMode: false }), socket, { end: false });
    } catch (error) {
      if (socket.destroyed) throw new ConnectionLost();
      throw error;
    }
    const answer = await answering;
    if (answer.kind === kind) return answer as AnswerOf<K>;
    const text = 'text' in answer ? answer.text : `an unexpected answer (${answer.kind})`;
    throw new CliError('ENGINE_REFUSED', `The engine refused: ${text}`);
  }
  return {
    async setup(program) {
      const { vk } = await ask('setup', [encodeU32(requestNumber.setup), program]);
      return new Uint8Array(Buffer.from(vk, 'hex'));
    },
    execute: ({ program, stdin, cycleLimit, gasLimit }, onProgress) =>
      ask(
        'executed',
        [encodeU32(requestNumber.execute), encodeU8(1), encodeU64(cycleLimit), encodeU64(gasLimit), program, stdin],
        onProgress,
      ),
    verify: (vk, proof) => ask('verified', [encodeU32(requestNumber.verify), encodeBytes(vk), proof]),
  };
}

function readAnswer(socket: Socket, onProgress: (progress: Progress) => void): Promise<Answer> {
  const reader = new FrameReader();
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      socket.off('data', onData).off('close', onClose);
      finish();
    };
    const onClose = () => settle(() => reject(new ConnectionLost()));
    const onData = (chunk: Buffer) => {
      for (const event of reader.push(chunk)) {
        if (event.kind === 'broken') {
          return settle(() =>
            reject(new CliError('ENGINE_REFUSED', `The engine left its protocol: ${event.problem}.`)),
          );
        }
        if (event.kind !== 'answer') continue;
        if (event.answer.kind === 'progress') onProgress(event.answer.progress);
        else return settle(() => resolve(event.answer));
      }
    };
    socket.on('data', onData).on('close', onClose);
  });
}
