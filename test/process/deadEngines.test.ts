// A service whose engines cannot start at all: it says so, to its operator, to health checks and to clients, until one starts.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import { Health, HealthCheckResponse_ServingStatus as Serving } from '../../src/gen/grpc/health/v1/health_pb.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

/** As an ELF of another machine: the kernel refuses it, and it is then tried as a script. */
const foreignFormat = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(200, 0xff)]);
const never = new AbortController().signal;

describe('a service whose engines cannot start', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let engine: string;
  const ends: (() => unknown)[] = [];

  beforeEach(async () => {
    rig = await createServiceRig();
    engine = join(rig.folder, 'other-engine');
    requester = createRequester(rig.url, { clock: holdingClock, retryBudgetMs: 0 });
  });
  afterEach(async () => {
    requester.close();
    for (const end of ends.splice(0).reverse()) await end();
    await rig.end();
  });

  function install(bytes: string | Uint8Array, mode = 0o700): void {
    writeFileSync(engine, bytes);
    chmodSync(engine, mode);
  }
  const installGood = () => install(readFileSync(join(rig.folder, 'fake-engine')));

  async function health(): Promise<{ status: number | undefined; body: { serving: boolean; reason?: string } }> {
    const response = await new Promise<IncomingMessage>((resolve) => get(`${rig.url}/health`, resolve));
    return { status: response.statusCode, body: (await json(response)) as { serving: boolean; reason?: string } };
  }
  const grpcHealth = async () =>
    (await requester.context.transport.call(Health.method.check, { service: '' }, never)).status;

  async function assertRefused(reason: RegExp): Promise<void> {
    await requester.register();
    await assert.rejects(requester.submit(stdinOf('waits for nobody')), (error) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
      assert.equal(error.failure.status, 'UNAVAILABLE');
      assert.match(error.failure.detail, reason);
      return true;
    });
  }

  async function assertProves(text: string): Promise<void> {
    const { proofUrl } = await requester.client.waitProof(await requester.submit(stdinOf(text)), { pollMs: 50 });
    assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdinOf(text))));
  }

  const causes: Record<string, { bytes: string | Uint8Array; mode?: number; reason: RegExp }> = {
    'are not executable': { bytes: '#!/bin/sh\n', mode: 0o600, reason: /cannot be started \(EACCES\)/ },
    'are made for another machine': { bytes: foreignFormat, reason: /exit code \d+, its last words: / },
    'name an interpreter that is missing': {
      bytes: '#!/no/such/interpreter\n',
      reason: /cannot be started \(ENOENT\)/,
    },
    'end at once': {
      bytes: "#!/bin/sh\nprintf '\\033[31mlibcudart.so.12:\\033[0m no such library\\n' >&2\nexit 127\n",
      reason: /exit code 127, its last words: libcudart\.so\.12: no such library\)/,
    },
  };
  for (const [cause, { bytes, mode, reason }] of Object.entries(causes)) {
    it(`says so when they ${cause}, and serves as soon as they can`, async () => {
      install(bytes, mode);
      service = await rig.serve({ engine });
      const said = await service.until(({ text }) => text.startsWith('Not ready.'));
      assert.match(said.text, reason);
      const { status, body } = await health();
      assert.deepEqual({ status, serving: body.serving }, { status: 503, serving: false });
      assert.match(body.reason ?? '', reason);
      assert.equal(await grpcHealth(), Serving.NOT_SERVING);
      await assertRefused(reason);
      installGood();
      await service.until(({ text }) => text === 'Ready: every stage has a lane now.');
      assert.equal((await health()).status, 200);
      assert.equal(await grpcHealth(), Serving.SERVING);
      await assertProves('after all');
      assert.equal(await service.stop(), 0);
      assert.equal(service.lines.filter(({ event }) => event === 'service.unable').length, 1);
    });
  }

  it('is no such service while they start for the first time, however long that takes', async () => {
    rig.changeScript({ bindDelayMs: 1_500 });
    service = await rig.serve();
    assert.equal((await health()).status, 200);
    await requester.register();
    await assertProves('came early');
    assert.ok(!service.lines.some(({ event }) => event === 'service.unable'));
  });

  it('is no such service when an engine dies that has worked before', async () => {
    rig.changeScript({
      rules: [{ on: 'prove', times: 1, act: { kind: 'crash' } }],
      memoryPath: join(rig.folder, 'm'),
    });
    installGood();
    service = await rig.serve({ engine });
    await requester.register();
    await assertProves('survives');
    assert.ok(!service.lines.some(({ event }) => event === 'service.unable'));
  });
});
