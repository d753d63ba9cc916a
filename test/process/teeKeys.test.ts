// The keys of mode tee by the service as a process: shown, rotated by its operator, and refused at the start where they could not be trusted.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { runTeeMeasure } from '../../src/cli/teeMeasure.js';
import { runTeeRotate, runTeeStatus } from '../../src/cli/teeOperator.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const rigs: ServiceRig[] = [];
after(() => Promise.all(rigs.map((rig) => rig.end())));

async function newRig(flags: Record<string, string> = {}): Promise<ServiceRig> {
  const rig = await createServiceRig({ flags });
  rigs.push(rig);
  return rig;
}

interface Key {
  readonly state: string;
  readonly address: string;
}

interface Summary {
  readonly state: string;
  readonly signer?: string;
}

/** Has the service said so often that a key is in this state? */
const keysIn = (service: ServiceProcess, state: string, times: number) => {
  let seen = 0;
  return service.until(({ event, to }) => event === 'signer.transition' && to === state && ++seen === times);
};

/** Once a state is on disk it is answered, which is a moment after its line in the log. */
async function keysOf(rig: ServiceRig, holds: (keys: readonly Key[]) => boolean): Promise<readonly Key[]> {
  for (;;) {
    const { signers } = (await (await fetch(`${rig.url}/tee/signers`)).json()) as { signers: readonly Key[] };
    if (holds(signers)) return signers;
  }
}

function operator(rig: ServiceRig) {
  const cli = scriptedCli({});
  const options = { data: rig.data };
  return { cli, options };
}

describe('the keys of a service', { timeout: 600_000 }, () => {
  it('are shown to everybody, and rotated by its operator', async () => {
    const rig = await newRig({ tee: 'dev', 'cpu-prove-lanes': '0' });
    const service = await rig.serve();
    await keysIn(service, 'active', 1);
    const [{ address: first }] = (await keysOf(rig, ([key]) => key?.state === 'active')) as [Key];
    const shown = (await (await fetch(`${rig.url}/tee/signers/${first}`)).json()) as {
      state: string;
      quoteBytes: string;
    };
    assert.equal(shown.state, 'active');
    const quote = join(rig.folder, 'quote');
    writeFileSync(quote, Buffer.from(shown.quoteBytes, 'base64'));
    const measuring = scriptedCli({});
    assert.equal(await runTeeMeasure(measuring, { quote }), 0);
    assert.match(measuring.out(), /plain {3}0x[0-9a-f]{64}/);
    assert.equal((await fetch(`${rig.url}/tee/signers/0x${'00'.repeat(20)}`)).status, 404);
    assert.equal((await fetch(`${rig.url}/tee/signers/me`)).status, 400);

    const { tee } = (await (await fetch(`${rig.url}/health`)).json()) as { tee: Summary };
    assert.deepEqual([tee.state, tee.signer], ['active', first]);
    const metrics = await (await fetch(`${rig.url}/metrics`)).text();
    assert.match(metrics, /^sealed_tee_signer_state\{state="active"\} 1$/m);
    assert.match(metrics, /^sealed_tee_registrations_total\{outcome="confirmed"\} 1$/m);

    const asking = operator(rig);
    assert.equal(await runTeeStatus(asking.cli, asking.options), 0);
    assert.match(asking.cli.out(), new RegExp(`Signer +${first}`));
    assert.equal(await runTeeRotate(asking.cli, { ...asking.options, reason: 'a new one' }), 0);
    await keysIn(service, 'retired', 1);
    const audited = scriptedCli({});
    assert.equal(await runCli(['admin', 'audit', '--data', rig.data], audited), 0);
    assert.match(audited.out(), / signer\.rotate: a new one\n/);
    assert.equal((await fetch(`${rig.url}/tee/rotate`, { method: 'POST' })).status, 404);
    const [second, retired] = await keysOf(rig, (keys) => keys.some(({ state }) => state === 'retired'));
    assert.equal(retired?.address, first);
    assert.equal(second?.state, 'active');
    assert.equal(await service.stop(), 0);
    const late = operator(rig);
    await assert.rejects(runTeeStatus(late.cli, late.options), /No service answers/);
  });

  it('52: are refused with a key on the command line, in a file for others, or on a chain that nobody has named', async () => {
    const rig = await newRig();
    const key = 'c0'.repeat(32);
    const open = join(rig.folder, 'key');
    writeFileSync(open, key);
    chmodSync(open, 0o644);
    const registry = {
      'tee-registry': `0x${'11'.repeat(20)}`,
      'tee-chain-id': '31337',
      'tee-rpc': 'http://127.0.0.1:1',
    };
    const cases: Array<[Record<string, string>, number, RegExp]> = [
      [{ tee: 'dev', ...registry, 'tee-key-file': `0x${key}` }, 2, /what was given is a key/],
      [{ tee: 'dev', ...registry, 'tee-key-file': open }, 1, /Say `chmod 600` to it/],
      [{ tee: 'dev', ...registry }, 2, /--tee-registry needs --tee-key-file/],
      [{ tee: 'dev', ...registry, 'tee-chain-id': '1', 'tee-registrar': 'external' }, 2, /for chains of development/],
      [{ 'tee-registry': `0x${'11'.repeat(20)}` }, 2, /--tee-registry needs --tee/],
    ];
    for (const [flags, code, words] of cases) {
      const refused = rig.spawn(flags);
      assert.equal((await refused.exited).code, code);
      const said = refused.lines.map(({ text }) => text).join('\n');
      assert.match(said, words);
    }
  });
});
