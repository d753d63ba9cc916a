// A stop is an ordinary end: with 0 and without a word of an error, whatever is under way and whichever standard stream is gone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import type { FakeScript } from '../../src/testkit/engine/fakeEngineScript.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceProcess,
  type ServiceRig,
  type ServiceRigOptions,
} from '../../src/testkit/service/serviceRig.js';

describe('a stop', { timeout: 600_000 }, () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function stageOf(options: ServiceRigOptions = {}): Promise<{ rig: ServiceRig; requester: ServiceRequester }> {
    const rig = await createServiceRig(options);
    ends.push(() => rig.end());
    const requester = createRequester(rig.url, { clock: holdingClock });
    ends.push(() => requester.close());
    return { rig, requester };
  }

  const assertCalm = ({ lines }: ServiceProcess) =>
    assert.deepEqual(
      lines.map(({ text }) => text).filter((text) => /"level":"(error|fatal)"|our own bug|^ +at |Error:/.test(text)),
      [],
    );
  const isIn = (to: string) => (line: LogLine) => line.event === 'request.transition' && line.to === to;
  const hang = { kind: 'hang' } as const;

  const underWay: Record<string, { script: FakeScript; until: (line: LogLine) => boolean }> = {
    executing: { script: { rules: [{ on: 'execute', act: hang }] }, until: isIn('executing.running') },
    'setting up': { script: { rules: [{ on: 'setup', act: hang }] }, until: isIn('proving.running') },
    'loading the prover': { script: { rules: [{ on: 'waitReady', act: hang }] }, until: isIn('proving.running') },
    'waiting for memory': {
      script: { memoryAvailableBytes: 0 },
      until: ({ event }) => event === 'lane.memory_short',
    },
    proving: { script: { rules: [{ on: 'prove', act: hang }] }, until: isIn('proving.running') },
    'receiving a proof': {
      script: {
        proofFillerBytes: 5_000_000,
        rules: [{ on: 'prove', act: { kind: 'slowAnswer', pieceBytes: 1_000, pauseMs: 10 } }],
      },
      until: isIn('proving.running'),
    },
    verifying: { script: { rules: [{ on: 'verify', act: hang }] }, until: isIn('verifying.running') },
    // Once: were this process late to stop it, a second failure would be the last.
    'pausing before the next try': {
      script: { rules: [{ on: 'prove', times: 1, act: { kind: 'proverError', text: 'no' } }] },
      until: isIn('proving.backingOff'),
    },
    'starting an engine again': {
      script: { rules: [{ on: 'prove', times: 1, act: { kind: 'crash' } }] },
      until: isIn('proving.backingOff'),
    },
  };
  for (const [what, { script, until }] of Object.entries(underWay)) {
    it(`is one while it is ${what}, and the request goes on after the next start`, async () => {
      const { rig, requester } = await stageOf();
      rig.changeScript({ ...script, memoryPath: join(rig.folder, 'memory') });
      const service = await rig.serve();
      await requester.register();
      const stdin = stdinOf('under way');
      const requestId = await requester.submit(stdin);
      await service.until(until);
      assert.equal(await service.stop(), 0);
      assertCalm(service);
      rig.changeScript({});
      const next = await rig.serve();
      const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
      assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)));
      assert.equal(await next.stop(), 0);
      assertCalm(next);
    });
  }

  it('is one with polls that are held, uploads that come and requests that end in the same moment', async () => {
    const { rig, requester } = await stageOf({ flags: { 'drain-timeout': '1s' } });
    const service = await rig.serve();
    await requester.register();
    const requests = Array.from({ length: 30 }, async (_, n) => {
      const requestId = await requester.submit(stdinOf(`one of many ${n}`));
      return requester.client.waitProof(requestId, { pollMs: 10 });
    });
    await service.until(isIn('fulfilled'));
    assert.equal(await service.stop(), 0);
    assertCalm(service);
    await rig.serve();
    await Promise.all(requests);
  });

  it('is one as soon as it starts, with requests to bring back', async () => {
    const { rig, requester } = await stageOf({ script: { rules: [{ on: 'prove', act: hang }] } });
    const first = await rig.serve();
    await requester.register();
    for (let n = 0; n < 5; n += 1) await requester.submit(stdinOf(`again ${n}`));
    await first.until(isIn('proving.running'));
    await first.stop();
    for (const event of ['engine.started', 'lane.transition']) {
      const service = rig.spawn();
      await service.until((line) => line.event === event);
      assert.equal(await service.stop(), 0);
      assertCalm(service);
    }
    await rig.enginesGone();
  });

  const closed: Record<string, (service: ServiceProcess) => void> = {
    'standard output': ({ child }) => child.stdout?.destroy(),
    'standard error': ({ child }) => child.stderr?.destroy(),
    'both of them': ({ child }) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  };
  for (const [stream, close] of Object.entries(closed)) {
    for (const json of [false, true]) {
      it(`is one when ${stream} is no longer read${json ? ', with --json' : ''}`, async () => {
        const { rig, requester } = await stageOf({ script: { rules: [{ on: 'prove', act: hang }] } });
        const service = rig.spawn(json ? { json: '' } : {});
        await service.until(({ text }) => /^(Serving on|\{"event":"serving")/.test(text));
        close(service);
        await requester.register();
        const requestId = await requester.submit(stdinOf('unread'));
        for await (const { detail } of requester.client.watch(requestId, { pollMs: 20 }))
          if (detail?.state === 'proving' && detail.phase === 'running') break;
        const exited = once(service.child, 'exit');
        service.child.kill('SIGTERM');
        assert.deepEqual(await exited, [0, null]);
        await rig.enginesGone();
        // All of it: the folder was given back, and the request is there.
        const next = await rig.serve();
        assert.ok(next.lines.some(({ text }) => /brought back: 1\b/.test(text)));
      });
    }
  }

  it('is one of a service that was started without standard streams', async () => {
    const { rig, requester } = await stageOf();
    const service = rig.spawnWithoutStreams();
    await requester.register();
    service.kill('SIGTERM');
    assert.deepEqual(await once(service, 'exit'), [0, null]);
    await rig.enginesGone();
  });
});
