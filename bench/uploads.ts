// Uploads: a stdin of 200 MB, raw and as one zstd frame, by the client's own way (CreateArtifact, PUT). The service's resident memory
// is sampled every 10 ms from /proc; growth is the highest sample over the one before the upload. Linux only.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createContext } from '../src/client/context.js';
import { encodeStdin, u32Buffer } from '../src/client/encode.js';
import type { SizedBody } from '../src/client/http.js';
import { upload } from '../src/client/upload.js';
import { ArtifactType } from '../src/gen/artifact/artifact_pb.js';
import type { Figure } from './figures.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Part, type Setting, scaled } from './setting.js';

export const megabyte = 1e6;
export const sampleEveryMs = 10;

export const measureUploads: Part = async (setting) => {
  const raw = writeStdin(setting);
  const zstd = compress(raw, setting);
  const { cli, folder } = setting;
  const part = 'upload';
  const figures: Figure[] = [];
  for (const [form, path] of [
    ['raw', raw],
    ['zstd', zstd],
  ] as const) {
    if (path === undefined) {
      setting.say('upload: no zstd program here, the compressed upload is left out');
      continue;
    }
    setting.say(`upload: ${form}`);
    // A fresh process each: memory that the first upload has left would hide the growth of the second.
    const service = await startService({
      cli,
      engine: await busyEngine(setting),
      data: dataIn(setting, `upload-${form}`),
      folder,
    });
    try {
      await service.lanesSettled();
      const { growthBytes, seconds, delayP99 } = await measureOne(service, path);
      const sizes = `${Math.round(statSync(path).size / megabyte)} MB sent`;
      figures.push(
        {
          part,
          measure: `memory growth, 200 MB ${form}`,
          value: growthBytes / megabyte,
          unit: 'MB',
          aim: { most: 64 },
          note: sizes,
        },
        {
          part,
          measure: `rate, ${form} (of the raw bytes)`,
          value: statSync(raw).size / megabyte / seconds,
          unit: 'MB/s',
        },
        { part, measure: `event-loop delay p99, ${form}`, value: delayP99, unit: 'ms' },
      );
    } finally {
      await service.kill();
    }
  }
  return figures;
};

async function measureOne(service: RunningService, path: string) {
  const context = createContext({ url: service.url, privateKey: randomBytes(32).toString('hex') });
  const type = ArtifactType.PRIVATE_STDIN;
  // The first upload starts threads and loads code; a small one pays for that.
  await upload(context, { type, body: await encodeStdin([u32Buffer(20)]) });
  const before = residentBytes(service.pid);
  let highest = before;
  const sampling = setInterval(() => {
    highest = Math.max(highest, residentBytes(service.pid));
  }, sampleEveryMs);
  const body: SizedBody = {
    sizeBytes: statSync(path).size,
    open: () => createReadStream(path, { highWaterMark: 2 ** 18 }),
  };
  await service.resetProbe();
  const startedAt = performance.now();
  await upload(context, { type, body });
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(sampling);
  const { p99 } = await service.readProbe();
  context.transport.close();
  return { growthBytes: highest - before, seconds, delayP99: p99 };
}

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** An SP1Stdin of one buffer that compresses to about half: each byte takes one of 16 values. */
export function writeStdin(setting: Setting): string {
  const path = join(setting.folder, 'stdin.bin');
  const bufferBytes = scaled(200 * megabyte, setting);
  const u64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([u64(1), u64(bufferBytes)]));
  for (let left = bufferBytes; left > 0; left -= megabyte) {
    writeSync(
      file,
      randomBytes(Math.min(left, megabyte)).map((byte) => 97 + (byte & 15)),
    );
  }
  writeSync(file, Buffer.alloc(16));
  closeSync(file);
  return path;
}

/** Level 3, as the SDK does. */
function compress(raw: string, { folder }: Setting): string | undefined {
  const path = join(folder, 'stdin.zst');
  const { error, status } = spawnSync('zstd', ['-q', '-3', '-f', raw, '-o', path]);
  return error === undefined && status === 0 ? path : undefined;
}
