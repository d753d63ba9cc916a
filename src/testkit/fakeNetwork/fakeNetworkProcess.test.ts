// `npm run fake-network`: the process, and its control by HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../clock.js';
import { FulfillmentStrategy } from '../../gen/network/network_pb.js';
import { createRequester, stdinOf } from '../service/serviceRequests.js';

const main = fileURLToPath(new URL('fakeNetwork.main.ts', import.meta.url));

// As the script of package.json has it, without npm: it would pass no signal on.
function start(t: TestContext, ...more: string[]) {
  const args = ['--import', 'tsx', '--conditions=development', main, ...more];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function urlsOf(child: ReturnType<typeof start>): Promise<{ url: string; control: string }> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return JSON.parse(line) as { url: string; control: string };
}

it('T56: with profile s1 it has the stub of a prover; an option that it does not know ends it', {
  timeout: 300_000,
}, async (t) => {
  const { url } = await urlsOf(start(t, '--port', '0', '--profile', 's1'));
  const ready = await fetch(`${url}/twirp/api.ProverService/Ready`, { method: 'POST', body: '' });
  assert.deepEqual(Buffer.from(await ready.arrayBuffer()), Buffer.from('0801', 'hex'));
  assert.deepEqual(await once(start(t, '--profile', 's2'), 'exit'), [2, null]);
});

it('prints its URLs as JSON, does what its control is told, and ends with SIGTERM', { timeout: 300_000 }, async (t) => {
  const child = start(t, '--port', '0');
  const { url, control } = await urlsOf(child);
  const tell = (verb: string, given: object) =>
    fetch(`${url}/control/${verb}`, { method: 'POST', body: JSON.stringify(given) });

  const requester = createRequester(url, { clock: systemClock, retryBudgetMs: 0 });
  t.after(() => requester.close());
  const prover = `0x${'a0'.repeat(20)}`;
  assert.equal((await tell('addReservation', { requester: requester.address, fulfiller: prover })).status, 200);
  assert.equal((await tell('addReservation', { requester: 'nobody', fulfiller: prover })).status, 400);
  assert.equal((await tell('constructor', {})).status, 404);
  assert.equal(
    (await tell('setFault', { method: 'RequestProof', fault: { kind: 'nonce', expected: '9' } })).status,
    200,
  );
  assert.equal((await tell('clearFaults', {})).status, 200);
  await requester.register();
  const requestId = await requester.submit(stdinOf('by a process'), { strategy: FulfillmentStrategy.RESERVED });
  assert.equal((await requester.client.details(requestId)).state, 'open');

  const state = (await (await fetch(control)).json()) as { broken: string[]; calls: { method: string }[] };
  assert.deepEqual(state.broken, []);
  assert.ok(state.calls.some(({ method }) => method === 'RequestProof'));
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
