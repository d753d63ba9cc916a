// Sealed bodies: uploads of 200 MB to one service, in clear and sealed in turn, by the same client. What the client spends on sealing is in it:
// it shares the machine with the service.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createContext } from '../src/client/context.js';
import { ArtifactStore, ArtifactType } from '../src/gen/artifact/artifact_pb.js';
import { sealedBytesOf } from '../src/sealedBodies/frames.js';
import { sealedFrames } from '../src/sealedBodies/sealBody.js';
import { sealRequest } from '../src/sealedBodies/sealRequest.js';
import { bodyKeyOf } from '../src/testkit/sealed/sealedSdk.js';
import { type Figure, quantile } from './figures.js';
import { type RunningService, startService } from './service.js';
import { busyEngine, dataIn, type Setting } from './setting.js';
import { megabyte, residentBytes, sampleEveryMs, writeStdin } from './uploads.js';

const part = 'attestation';
const rounds = 5;
type Form = 'clear' | 'sealed';

export async function measureSealedBodies(setting: Setting): Promise<readonly Figure[]> {
  const path = writeStdin(setting);
  const { cli, folder } = setting;
  const data = dataIn(setting, 'sealed-bodies');
  const flags = ['--attest', 'dev'];
  const service = await startService({ cli, engine: await busyEngine(setting), data, folder, flags });
  const seconds: Record<Form, number[]> = { clear: [], sealed: [] };
  let growthBytes = 0;
  try {
    await service.lanesSettled();
    const key = await bodyKeyOf(service.url);
    for (let round = 0; round <= rounds; round++) {
      setting.say(`attestation: sealed bodies, round ${round} of ${rounds}`);
      for (const form of ['clear', 'sealed'] as const) {
        const url = await uploadUrl(service);
        const before = residentBytes(service.pid);
        const sampling = setInterval(() => {
          if (form === 'sealed' && round > 0) growthBytes = Math.max(growthBytes, residentBytes(service.pid) - before);
        }, sampleEveryMs);
        const startedAt = performance.now();
        await put(url, path, form === 'sealed' ? key : undefined);
        clearInterval(sampling);
        // The first round starts threads and loads code.
        if (round > 0) seconds[form].push((performance.now() - startedAt) / 1000);
      }
    }
  } finally {
    await service.kill();
  }
  const rateOf = (form: Form) => statSync(path).size / megabyte / quantile(seconds[form], 0.5);
  const [clear, sealed] = [rateOf('clear'), rateOf('sealed')];
  const note = `${Math.round(sealed)} and ${Math.round(clear)} MB/s`;
  return [
    {
      part,
      measure: 'upload of 200 MB, sealed / in clear',
      value: (100 * sealed) / clear,
      unit: '%',
      aim: { least: 50 },
      note,
    },
    { part, measure: 'memory growth by it', value: growthBytes / megabyte, unit: 'MB', aim: { most: 64 } },
  ];
}

export async function uploadUrl(service: RunningService): Promise<URL> {
  const context = createContext({ url: service.url, privateKey: randomBytes(32).toString('hex') });
  const signature = context.signerFor('').signArtifactCreation();
  const created = await context.attempt('CreateArtifact', {}, (call) =>
    call(ArtifactStore.method.createArtifact, { signature, artifactType: ArtifactType.PRIVATE_STDIN }),
  );
  context.transport.close();
  return new URL(created.artifactPresignedUrl);
}

async function put(url: URL, path: string, key: Uint8Array | undefined): Promise<void> {
  const size = statSync(path).size;
  const file = createReadStream(path, { highWaterMark: 2 ** 16 });
  const target = url.pathname + url.search;
  const sealed = key && (await sealRequest(key, { method: 'PUT', path: target, contentType: undefined }));
  const headers =
    sealed === undefined
      ? { 'content-length': size }
      : { 'content-length': sealedBytesOf(size), 'sealed-body': sealed.header };
  const sending = request(url, { method: 'PUT', headers, agent: false });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  const body =
    sealed === undefined ? file : Readable.from(sealedFrames(file, sealed.seal, 'whole'), { objectMode: false });
  await pipeline(body, sending);
  const [response] = await answered;
  await text(response);
  if (response.statusCode !== 200) throw new Error(`an upload was answered with ${response.statusCode}`);
}
