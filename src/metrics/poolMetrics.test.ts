// What waits for threads and what these have done, over the real pools.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { createDirectoryBackend } from '../artifacts/directory.js';
import { createSignatures } from '../rpc/signed/signatures.js';
import { sampleStdin } from '../testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { samplesOf } from '../testkit/service/prometheusText.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { artifactVectors } from '../testkit/wireVectors.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createMeter, type Meter } from './meter.js';
import { createPoolMetrics } from './poolMetrics.js';

const quiet = { timeout: 300_000 };
const read = async (meter: Meter) => samplesOf(await meter.text());

it('signatures take time and wait for a thread, also those that are none', quiet, async (t) => {
  const meter = createMeter();
  let steady = 0;
  const { signatures: watch } = createPoolMetrics(meter, { steady: () => steady });
  const signatures = createSignatures({ threads: 1, watch });
  t.after(() => signatures.close());
  const message = new TextEncoder().encode('create_artifact');
  const [vector] = artifactVectors;
  assert.ok(vector);
  const signature = new Uint8Array(Buffer.from(vector.signature, 'hex'));
  const calls = [signature, signature, new Uint8Array(65)].map((each) =>
    signatures.recover({ message, signature: each }),
  );
  // None is sent before the loop turns.
  const asked = read(meter);
  steady += 1_500;
  const ended = await Promise.allSettled(calls);
  assert.equal((await asked).get('worker_queue{pool="signatures"}'), 3);
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  const found = await read(meter);
  assert.equal(found.get('signature_seconds_count{}'), 3);
  assert.equal(found.get('signature_seconds_sum{}'), 4.5);
  assert.equal(found.get('worker_queue{pool="signatures"}'), 0);
});

it('uploads count as they were sent, by kind and whether they were whole', quiet, async (t) => {
  const meter = createMeter();
  const { uploads: watch } = createPoolMetrics(meter, new SimulatedClock());
  const folder = join(temporaryFolder('pools'), 'data');
  const backend = createDirectoryBackend({ folder, uploads: { threads: 1, concurrent: 2, watch } });
  t.after(() => backend.close());
  const receive = (kind: 'program' | 'stdin', bytes: Buffer, announcedBytes?: number) =>
    backend.receive(
      sampleArtifactId(),
      { kind, private: true },
      Readable.from([bytes]),
      { limitBytes: 1_000_000, announcedBytes },
      new AbortController().signal,
    );
  const stdin = sampleStdin();
  const size = stdin.byteLength;
  await receive('stdin', stdin);
  await receive('stdin', stdin, size);
  await assert.rejects(receive('stdin', stdin, size + 1));
  await assert.rejects(receive('program', Buffer.alloc(7, 'x')));
  const found = await read(meter);
  assert.equal(found.get('upload_bytes_total{kind="stdin",outcome="received"}'), 2 * size);
  assert.equal(found.get('upload_bytes_total{kind="stdin",outcome="failed"}'), size);
  assert.equal(found.get('upload_bytes_total{kind="program",outcome="failed"}'), 7);
  assert.equal(found.get('worker_queue{pool="uploads"}'), 0);
});
