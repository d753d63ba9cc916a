// The real engine against a hostile peer: it answers with an error or hangs up, and goes on serving others.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { required } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { engineFailureCode } from '../../src/workers/lane/failures.js';

const socketPath = join(temporaryFolder('frames'), 'e.sock');
let engine: ChildProcess;

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const frame = (...parts: Buffer[]) => {
  const payload = Buffer.concat(parts);
  return Buffer.concat([u32(payload.length), payload]);
};
const info = frame(u32(102));
const noLimit = 2n ** 64n - 1n;
const execute = (program: Buffer, stdin: Buffer) =>
  frame(u32(100), Buffer.from([0]), u64(noLimit), u64(noLimit), program, stdin);
const emptyStdin = Buffer.concat([u64(0), u64(0), u64(0)]);

/** Sends bytes and answers the variant of the first answer, or `closed`. */
async function ask(bytes: Buffer, options = { half: false }): Promise<number | 'closed'> {
  const heard = await answerTo(bytes, 8, options);
  return heard === 'closed' ? heard : heard.readUInt32LE(4);
}

/** The code of a Failure (answer 111); undefined for anything else. */
async function failureCodeOf(bytes: Buffer): Promise<number | undefined> {
  const heard = await answerTo(bytes, 12, { half: false });
  return heard !== 'closed' && heard.readUInt32LE(4) === 111 ? heard.readUInt32LE(8) : undefined;
}

/** The first bytes of the first answer, at least so many. */
async function answerTo(bytes: Buffer, least: number, { half }: { half: boolean }): Promise<Buffer | 'closed'> {
  const socket: Socket = connect({ path: socketPath, allowHalfOpen: true });
  await once(socket, 'connect');
  const answered = new Promise<Buffer | 'closed'>((resolve) => {
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length >= least) resolve(heard);
    });
    socket.on('end', () => resolve('closed'));
    // It may hang up while we still write.
    socket.on('error', () => resolve('closed'));
  });
  socket.write(bytes);
  if (half) socket.end();
  const answer = await answered;
  socket.destroy();
  return answer;
}

/** Does it listen by now? Its socket is there a moment earlier. */
const accepts = () =>
  new Promise<boolean>((resolve) => {
    const socket = connect(socketPath, () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const isRefusal = (answer: number | 'closed') => answer === 'closed' || answer === 111 || answer === 4 || answer === 3;

describe('the engine, spoken to by a stranger', () => {
  before(async () => {
    engine = spawn(required('SEALED_ENGINE'), ['--role', 'execute', '--socket', socketPath], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    while (!(await accepts())) await pause(20);
  });
  after(() => engine.kill('SIGKILL'));

  it('T34: refuses a 32-bit ELF by name, which SP1’s own loader would take', async () => {
    const elf = readFileSync('examples/fibonacci/fibonacci.elf');
    elf[4] = 1;
    const program = Buffer.concat([u64(elf.length), elf]);
    assert.equal(await failureCodeOf(execute(program, emptyStdin)), engineFailureCode.malformedProgram);
    // Of either sentence about a program that cannot be loaded: variant, code, length of the text, and its beginning.
    const answer = await answerTo(execute(program, emptyStdin), 4 + 4 + 4 + 8 + 40, { half: false });
    assert.match(answer === 'closed' ? answer : answer.toString('latin1'), /The program is a 32-bit ELF/);
    assert.equal(await ask(info), 102);
  });

  const cases: Record<string, Buffer> = {
    'an unknown request': frame(u32(77)),
    'an empty frame': u32(0),
    'a frame of one byte': frame(Buffer.from([1])),
    'an execute that ends in its limits': frame(u32(100), Buffer.from([0]), u64(1)),
    'a program length beyond the frame': execute(Buffer.concat([u64(noLimit), randomBytes(16)]), emptyStdin),
    'a program that is no ELF': execute(Buffer.concat([u64(64), randomBytes(64)]), emptyStdin),
    'a stdin that does not parse': execute(
      Buffer.concat([u64(4), Buffer.from([0x7f, 0x45, 0x4c, 0x46])]),
      Buffer.concat([u64(noLimit), randomBytes(8)]),
    ),
    'a setup of garbage': frame(u32(0), u64(100), randomBytes(100)),
    'a key that was not set up': frame(u32(2), randomBytes(32)),
    'a prove request to the wrong role': frame(u32(104), u32(1), randomBytes(32), emptyStdin, Buffer.alloc(16)),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    it(`refuses ${name} and goes on`, async () => {
      const answer = await ask(bytes);
      assert.ok(isRefusal(answer) || (name.includes('not set up') && answer === 0), `${answer}`);
      assert.equal(await ask(info), 102);
    });
  }

  it('answers that bytes which are no proof are not valid, and goes on', async () => {
    assert.equal(await ask(frame(u32(101), u64(104), randomBytes(104), randomBytes(500))), 101);
    assert.equal(await ask(info), 102);
  });

  it('refuses an ELF whose code cannot be decoded', async () => {
    const elf = Buffer.from(readFileSync('examples/fibonacci/fibonacci.elf'));
    const textOffset = elf.indexOf(Buffer.from([0x73, 0, 0, 0]));
    assert.ok(textOffset > 0);
    elf.fill(0xff, textOffset, textOffset + 64);
    const answer = await ask(execute(Buffer.concat([u64(elf.length), elf]), emptyStdin));
    assert.ok(isRefusal(answer), `${answer}`);
    assert.equal(await ask(info), 102);
  });

  it('reads a stdin to exactly its end, the proofs in it included', async () => {
    const elf = readFileSync('examples/fibonacci/fibonacci.elf');
    const program = Buffer.concat([u64(elf.length), elf]);
    const malformed: Record<string, Buffer> = {
      'one byte more': Buffer.concat([emptyStdin, Buffer.alloc(1)]),
      'a proof that is announced and missing': Buffer.concat([u64(0), u64(0), u64(1)]),
      'a proof that is noise': Buffer.concat([u64(0), u64(0), u64(1), randomBytes(5_000)]),
      'more proofs than could ever be': Buffer.concat([u64(0), u64(0), u64(noLimit), randomBytes(100)]),
    };
    for (const [name, stdin] of Object.entries(malformed)) {
      assert.equal(await failureCodeOf(execute(program, stdin)), engineFailureCode.malformedStdin, name);
      assert.equal(await ask(info), 102);
    }
  });

  it('survives any bytes, and frames that end early', async () => {
    for (let round = 0; round < 50; round += 1) {
      const size = 1 + Math.floor(Math.random() * 200);
      const bytes = round % 2 === 0 ? randomBytes(size) : info.subarray(0, 1 + (round % (info.length - 1)));
      // Half-closed, or it would rightly wait for the rest.
      const answer = await ask(bytes, { half: true });
      assert.ok(isRefusal(answer) || answer === 0 || answer === 102, `${answer} to ${bytes.toString('hex')}`);
    }
    assert.equal(await ask(info), 102);
  });

  it('takes no memory for a length that is only announced', async () => {
    const residentKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1]);
    const before = residentKb();
    const sockets = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = connect(socketPath);
        await once(socket, 'connect');
        socket.on('error', () => {});
        socket.write(Buffer.concat([u32(0xffff_ffff), u32(100)]));
        return socket;
      }),
    );
    assert.equal(await ask(info), 102);
    // Eight announcements of 4 GiB: far below the first of them.
    assert.ok(residentKb() - before < 64 * 1024);
    for (const socket of sockets) socket.destroy();
  });

  it('dies when the pipe from its parent closes', async () => {
    const exited = once(engine, 'exit');
    engine.stdin?.end();
    await exited;
  });
});
