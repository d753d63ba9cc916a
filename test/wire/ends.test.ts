// How requests end for clients of every version: over a restart of the service, by their deadline, by their guest.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { execution, freshText, type Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdkRig } from '../../src/testkit/sdk/sdkRig.js';
import { sdkVersions } from '../../src/testkit/sdk/versions.js';
import { stdinOf } from '../../src/testkit/service/serviceRequests.js';

const failing = stdinOf('this guest halts with 1');
const script = {
  rules: [
    {
      on: 'execute',
      stdinSha256: createHash('sha256').update(failing).digest('hex'),
      act: { kind: 'guestFailure', cause: 1, exitCode: 1 },
    },
    { on: 'prove', act: { kind: 'hang' } },
  ],
} as const;

describe('the end of a request', { timeout: 600_000 }, () => {
  const on = sdkRig({ script });
  const everyone = (of: { keyByte?: number } = {}) =>
    sdkVersions.flatMap((version) => [on.sdk(version, 'base', of), on.sdk(version, 'auction', of)]);
  const nameOf = (sdk: Sdk) => `${sdk.version.name} ${sdk.flavour}`;

  it('check 12, rule 16: a guest that fails is reported at once, with its cause, to every version', async () => {
    for (const sdk of everyone()) {
      await sdk.register();
      const requestId = await sdk.request(failing);
      assert.equal(await sdk.wait(requestId), 'unexecutable', nameOf(sdk));
      const details = await sdk.details(requestId);
      assert.equal(details.number(12), execution.unexecutable);
      assert.equal(details.number(28), 1n);
    }
  });

  it('check 11, rule 11: a deadline that passes is a time-out to every version, and the engine is free again', async () => {
    const sdks = everyone();
    const prepared = await Promise.all(
      sdks.map(async (sdk) => {
        await sdk.register();
        return { sdk, request: await sdk.prepare(stdinOf(freshText())) };
      }),
    );
    const deadline = BigInt(Math.ceil(holdingClock.now() / 1000) + 4);
    const ends = prepared.map(async ({ sdk, request }) => {
      const requestId = await sdk.attempt(() => sdk.requestOnce({ ...request, deadline }));
      return `${nameOf(sdk)}: ${await sdk.wait(requestId)}`;
    });
    await on.service.until((line) => line.to === 'proving.running');
    // For engines that are started from now on: the one that hangs must be ended.
    on.rig.changeScript({});
    assert.deepEqual(
      await Promise.all(ends),
      sdks.map((sdk) => `${nameOf(sdk)}: timed out`),
    );
    const [next] = sdks;
    assert.ok(next);
    const stdin = stdinOf(freshText());
    assert.deepEqual(await next.wait(await next.request(stdin)), next.program.proofOf(stdin));
  });

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`check 9: polls go on over a ${signal}, and the same id completes, in every version`, async () => {
      on.rig.changeScript(script);
      // The engines that prove now were started before.
      await on.service.stop();
      on.service = await on.rig.serve();
      const proven = await Promise.all(
        everyone().map(async (sdk) => {
          await sdk.register();
          const stdin = stdinOf(freshText());
          const requestId = await sdk.request(stdin, { isPrivate: true });
          return { sdk, stdin, requestId };
        }),
      );
      const waits = proven.map(({ sdk, requestId }) => sdk.wait(requestId));
      const [first] = proven;
      await on.service.until((line) => line.to === 'proving.running');
      assert.equal((await first?.sdk.status(first.requestId))?.number(1), 2n);
      on.rig.changeScript({});
      on.service.child.kill(signal);
      await on.service.exited;
      on.service = await on.rig.serve();
      const ends = await Promise.all(waits);
      for (const [index, { sdk, stdin }] of proven.entries())
        assert.deepEqual(ends[index], sdk.program.proofOf(stdin), nameOf(sdk));
    });
  }
});
