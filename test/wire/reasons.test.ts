// The reason why there is no proof reaches everybody who asks: the log, the request's own route, its details, our client and its command line.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const refused = stdinOf('cannot be proved');
const misread = stdinOf('is misread');
const words = 'The permutation argument does not add up.';
const held = stdinOf('proves for ever');
const internal = 7;

interface FailureLine {
  readonly level: string;
  readonly stage: string;
  readonly attempt: number;
  readonly lane: string | null;
  readonly code: string;
  readonly message: string;
}

describe('reasons', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let journal: string;
  before(async () => {
    rig = await createServiceRig();
    journal = join(rig.folder, 'journal');
    rig.changeScript({
      journalPath: journal,
      rules: [
        { on: 'prove', stdinSha256: sha256(refused), act: { kind: 'failure', code: internal, text: words } },
        { on: 'prove', stdinSha256: sha256(held), act: { kind: 'hang' } },
        { on: 'execute', stdinSha256: sha256(misread), act: { kind: 'guestFailure', cause: 1, exitCode: 3 } },
      ],
    });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    await service.stop();
    await rig.end();
  });

  const errorOf = (requestId: RequestId): Promise<ClientError> =>
    requester.client.waitProof(requestId, { pollMs: 20 }).then(
      () => assert.fail('there is a proof'),
      (thrown) => thrown as ClientError,
    );
  const linesOf = (requestId: RequestId): FailureLine[] =>
    service.lines
      .filter((line) => line.event === 'stage.failed' && line.requestId === requestId)
      .map(({ text }) => JSON.parse(text));

  async function isToldEverywhere(requestId: RequestId, error: ClientError, reason: RegExp): Promise<void> {
    assert.ok(error instanceof ClientError);
    assert.match(error.message, reason);
    const route = (await (await fetch(`${rig.url}/requests/${requestId}`)).json()) as {
      failure: { message: string };
    };
    assert.match(route.failure.message, reason);
    assert.match((await requester.client.details(requestId)).reason ?? '', reason);
    const cli = scriptedCli({});
    assert.equal(await runCli(['request', 'show', requestId, '--url', rig.url], cli), 0, cli.err());
    assert.match(cli.out(), /^Reason /m);
    assert.match(cli.out(), reason);
  }

  it('a prover that refuses in the same words twice is not asked a third time, and its words are reported', async () => {
    const requestId = await requester.submit(refused);
    const error = await errorOf(requestId);
    const begun = readFileSync(journal, 'utf8').split('\n');
    assert.equal(begun.filter((line) => line.startsWith(`prove ${sha256(refused)}`)).length, 2);
    await isToldEverywhere(requestId, error, /same words.*permutation argument does not add up/);
    assert.deepEqual(
      linesOf(requestId).map(({ level, stage: at, attempt, lane, code }) => ({ level, at, attempt, lane, code })),
      [1, 2].map((attempt) => ({ level: 'warn', at: 'prove', attempt, lane: 'cpu-prove-0', code: 'ENGINE_REFUSED' })),
    );
    for (const line of linesOf(requestId)) assert.match(line.message, /permutation argument does not add up/);
  });

  it('a guest that fails is one line at info, and exit code 3 is explained', async () => {
    const requestId = await requester.submit(misread);
    await isToldEverywhere(requestId, await errorOf(requestId), /exit code 3,.*input is missing/);
    const [line, ...more] = linesOf(requestId);
    assert.deepEqual([line?.level, line?.code, line?.attempt, more.length], ['info', 'GUEST_FAILED', 1, 0]);
  });

  it('work that is given up has not failed', async () => {
    const requestId = await requester.submit(held);
    await service.until((line) => line.requestId === requestId && line.to === 'proving.running');
    const before = service.lines.length;
    await requester.client.cancelRequest(requestId);
    // The engine may have begun or not: the lane is rid of the job in both cases.
    await service.until(
      (line) => line.laneId === 'cpu-prove-0' && line.from === 'busy' && service.lines.indexOf(line) >= before,
    );
    assert.deepEqual(linesOf(requestId), []);
  });
});
