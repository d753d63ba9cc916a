// The JSON of /request_proof with a large input, beside a plain upload of the same input: each in a fresh service, whose event loop is watched.
// Then the scanner of that JSON alone, as the upload worker runs it.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createContext } from '../src/client/context.js';
import { upload } from '../src/client/upload.js';
import { ArtifactType } from '../src/gen/artifact/artifact_pb.js';
import type { ArtifactId } from '../src/ids.js';
import { TeeRequestFiles } from '../src/workers/upload/teeRequest.js';
import type { Figure } from './figures.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, type Setting, scaled } from './setting.js';
import { megabyte, residentBytes, sampleEveryMs } from './uploads.js';

const part = 'tee intake';
const elf = readFileSync(fileURLToPath(new URL('../examples/fibonacci/fibonacci.elf', import.meta.url)));
/** As large as what a socket gives at once. */
const pieceBytes = 65_536;

/** An input of random bytes, which are 3.57 characters each, in pieces of text and in pieces of bytes. */
function inputOf(setting: Setting) {
  const block = randomBytes(megabyte / 8);
  const blocks = Math.ceil(scaled(60 * megabyte, setting) / block.byteLength);
  const text = Buffer.from(`${block.join(',')},`);
  const head = Buffer.from(`{"elf":[${elf.join(',')}],"stdin":{"buffer":[[`);
  const tail = Buffer.from('0]],"ptr":0,"proofs":[]},"proof_mode":"TEE"}');
  const length = Buffer.alloc(16);
  length.writeBigUInt64LE(1n);
  length.writeBigUInt64LE(BigInt(blocks * block.byteLength), 8);
  return {
    json: function* () {
      yield head;
      for (let n = 0; n < blocks; n += 1)
        for (let at = 0; at < text.byteLength; at += pieceBytes) yield text.subarray(at, at + pieceBytes);
      yield tail;
    },
    jsonBytes: head.byteLength + blocks * text.byteLength + tail.byteLength,
    stdin: function* () {
      yield length;
      for (let n = 0; n < blocks; n += 1)
        for (let at = 0; at < block.byteLength; at += pieceBytes) yield block.subarray(at, at + pieceBytes);
      yield Buffer.alloc(16);
    },
    stdinBytes: 16 + blocks * block.byteLength + 16,
  };
}

export const measureTeeIntake: Part = async (setting) => {
  const input = inputOf(setting);
  setting.say('tee: JSON intake');
  const json = await within(setting, 'json', ({ url }) => post(`${url}/request_proof`, input.json(), input.jsonBytes));
  setting.say('tee: the same input as an upload');
  const plain = await within(setting, 'plain', ({ url }) => uploadTo(url, input.stdin, input.stdinBytes));
  const textMegabytes = input.jsonBytes / megabyte;
  const stdinMegabytes = input.stdinBytes / megabyte;
  const note = `${Math.round(textMegabytes)} MB of text for ${Math.round(stdinMegabytes)} MB of input`;
  return [
    { part, measure: 'JSON, per second of the text', value: textMegabytes / json.seconds, unit: 'MB/s', note },
    { part, measure: 'of the input in it', value: stdinMegabytes / json.seconds, unit: 'MB/s' },
    { part, measure: 'event-loop delay p99', value: json.delayP99, unit: 'ms', aim: { most: 20 } },
    { part, measure: 'memory growth', value: json.growthBytes / megabyte, unit: 'MB', aim: { most: 64 } },
    { part, measure: 'plain upload of the same input', value: stdinMegabytes / plain.seconds, unit: 'MB/s' },
    { part, measure: 'event-loop delay p99', value: plain.delayP99, unit: 'ms' },
    await measureScanner(setting, input),
  ];
};

async function within(setting: Setting, name: string, send: (service: RunningService) => Promise<unknown>) {
  const { cli, folder } = setting;
  const flags = ['--tee', 'dev', '--cpu-prove-lanes', '0'];
  const data = dataIn(setting, `tee-${name}`);
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags });
  try {
    await service.lanesSettled();
    // A small one starts threads and loads code.
    const small = Buffer.from(
      `{"elf":[${elf.join(',')}],"stdin":{"buffer":[],"ptr":0,"proofs":[]},"proof_mode":"TEE"}`,
    );
    await post(`${service.url}/request_proof`, [small], small.byteLength);
    const before = residentBytes(service.pid);
    let highest = before;
    const sampling = setInterval(() => {
      highest = Math.max(highest, residentBytes(service.pid));
    }, sampleEveryMs);
    await service.resetProbe();
    const from = performance.now();
    await send(service);
    const seconds = (performance.now() - from) / 1000;
    clearInterval(sampling);
    const { p99 } = await service.readProbe();
    return { seconds, delayP99: p99, growthBytes: highest - before };
  } finally {
    await service.kill();
  }
}

async function uploadTo(url: string, pieces: () => Iterable<Uint8Array>, sizeBytes: number): Promise<void> {
  const context = createContext({ url, privateKey: randomBytes(32).toString('hex') });
  const body = { sizeBytes, open: () => Readable.from(pieces(), { objectMode: false }) };
  await upload(context, { type: ArtifactType.PRIVATE_STDIN, body });
  context.transport.close();
}

async function post(url: string, pieces: Iterable<Uint8Array>, sizeBytes: number): Promise<void> {
  const sent = request(url, { method: 'POST', headers: { 'content-length': sizeBytes } });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
  });
  for (const piece of pieces) if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve));
  sent.end();
  await finished(sent);
  const status = await answered;
  if (status !== 200) throw new Error(`the request was answered with ${status}`);
}

/** In this thread, with its files, and with nobody who sends: what one upload thread can do with a core. Best of 3. */
async function measureScanner(setting: Setting, input: ReturnType<typeof inputOf>): Promise<Figure> {
  const folder = dataIn(setting, 'scanner');
  mkdirSync(folder, { recursive: true });
  const file = (kind: 'program' | 'stdin', n: number) =>
    ({ id: `${n}` as ArtifactId, kind, path: join(folder, `${n}.${kind}`) }) as const;
  let seconds = Number.POSITIVE_INFINITY;
  // The first one is for the JIT.
  for (let n = 0; n < 3; n += 1) {
    const from = process.cpuUsage();
    const limits = { program: megabyte, stdin: input.stdinBytes + 100 };
    const files = new TeeRequestFiles({ program: file('program', n), stdin: file('stdin', n) }, limits);
    for (const piece of input.json()) files.push(piece);
    await files.finish();
    const { user, system } = process.cpuUsage(from);
    seconds = Math.min(seconds, (user + system) / 1e6);
  }
  const value = input.jsonBytes / megabyte / seconds;
  return {
    part,
    measure: 'scanner to its two files, per second of processor time',
    value,
    unit: 'MB/s',
    aim: { least: 100 },
  };
}
