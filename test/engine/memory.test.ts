// An engine and a guest leave no core dump, and other processes of the same user cannot look into them. They set this themselves, whatever
// the system allows.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, readFileSync, statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeBytes, encodeU8, encodeU32, encodeU64 } from '../../src/engines/bincode.js';
import { requestNumber } from '../../src/engines/requests.js';
import { required } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

/** Root may look into everything, so what it starts runs as the user `nobody`. */
const nobody = 65_534;
const isRoot = process.geteuid?.() === 0;
const user = isRoot ? { uid: nobody, gid: nobody } : {};

async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < 300_000; waited += 50) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(50);
  }
  return assert.fail(`${what} never came`);
}

function startEngine(folder: string): { engine: ChildProcess; socketPath: string } {
  const binary = join(folder, 'engine');
  const socketPath = join(folder, 'engine.sock');
  copyFileSync(required('SEALED_ENGINE'), binary);
  chmodSync(binary, 0o755);
  if (isRoot) chownSync(folder, nobody, nobody);
  const args = ['--role', 'execute', '--socket', socketPath];
  // A shell of a developer: dumps of any size.
  const dumping = ['-c', 'ulimit -c unlimited 2>/dev/null; exec "$@"', 'sh', binary, ...args];
  return { engine: spawn('sh', dumping, { stdio: ['pipe', 'ignore', 'inherit'], ...user }), socketPath };
}

const connect = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection(path, () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });

function askToSpin(socket: Socket): void {
  const elf = readFileSync('examples/spin/spin.elf');
  const noInput = encodeU64(0n);
  const payload = Buffer.concat([
    encodeU32(requestNumber.execute),
    encodeU8(0),
    encodeU64(2n ** 64n - 1n),
    encodeU64(2n ** 64n - 1n),
    encodeBytes(elf),
    noInput,
    noInput,
    noInput,
  ]);
  socket.write(Buffer.concat([encodeU32(payload.length), payload]));
}

/** Undefined while it is not. */
function isKeptPrivate(pid: number): true | undefined {
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  // The kernel gives what is under /proc/<pid> to root when a process may not be dumped.
  const owner = statSync(`/proc/${pid}/mem`).uid;
  return /^Max core file size +0 +0 /m.test(limits) && owner !== (isRoot ? nobody : process.geteuid?.())
    ? true
    : undefined;
}

function guestOf({ pid }: ChildProcess): number | undefined {
  const found = spawnSync('pgrep', ['-P', `${pid}`])
    .stdout.toString()
    .trim();
  return found === '' ? undefined : Number(found.split('\n')[0]);
}

it('an engine and its guests leave no core dumps, and work as another user than root', {
  timeout: 600_000,
}, async () => {
  const { engine, socketPath } = startEngine(temporaryFolder('memory'));
  try {
    const socket = await eventually('the engine', () => connect(socketPath));
    assert.ok(isKeptPrivate(engine.pid as number));
    askToSpin(socket);
    const guest = await eventually('the guest', () => guestOf(engine));
    await eventually('its privacy', () => isKeptPrivate(guest));
    // What the service and SP1 look at from outside stays readable.
    for (const pid of [engine.pid, guest]) assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmRSS:/m);
  } finally {
    engine.kill('SIGKILL');
    await once(engine, 'exit');
  }
});
