// `sealed-prover network check` on the fake network: it reads, and says what it could not learn.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Address } from '../../ids.js';
import { type FakeNetwork, startFakeNetwork } from '../../testkit/fakeNetwork/fakeNetwork.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { runCli } from '../runCli.js';

const signer = '1eff47bc3a10a45d4b230b5d10e37751fe6aa718' as Address;
const owner = 'a0'.repeat(20) as Address;
const requester = 'c0'.repeat(20) as Address;

describe('sealed-prover network check', { timeout: 300_000 }, () => {
  let network: FakeNetwork;
  const key = join(temporaryFolder('check'), 'key');
  before(async () => {
    writeFileSync(key, '04'.padStart(64, '0'), { mode: 0o600 });
    network = await startFakeNetwork();
    network.control.delegate(signer, owner);
    network.control.addReservation(requester, owner);
  });
  after(() => network.close());

  async function check(...more: string[]) {
    const cli = scriptedCli({});
    const code = await runCli(
      ['network', 'check', '--network-url', network.url, '--network-key-file', key, ...more],
      cli,
    );
    return { code, out: cli.out(), err: cli.err() };
  }

  it('says whom the key signs for, its nonce, what is assigned, and a reservation. It signs nothing', async () => {
    const { code, out } = await check('--requester', requester);
    assert.equal(code, 0);
    assert.match(
      out,
      new RegExp(`^signer {6}0x${signer}\nowner {7}0x${owner}\nnonce {7}0\nassigned {4}0\nreservation 0x${owner}\n$`),
    );
    assert.ok(network.record.calls.every(({ signer: who }) => who === undefined));
    assert.doesNotMatch(out, /0{60}04/);
  });

  it('says what it could not learn, in the words of the network', async () => {
    network.faults.set('GetNonce', { kind: 'status', name: 'unimplemented', text: 'not here', effect: false });
    const { code, out } = await check('--request', 'ab'.repeat(32));
    assert.equal(code, 0);
    assert.match(out, /nonce {7}not learnt: code 12, not here\n/);
    assert.match(out, /request {5}not learnt: code 5, proof request not found\n/);
  });

  it('takes the key from the environment where no file is named, and asks for one where there is neither', async () => {
    const asked = async (environment: Record<string, string>) => {
      const cli = scriptedCli(environment);
      const code = await runCli(['network', 'check', '--network-url', network.url], cli);
      return { code, out: cli.out(), err: cli.err() };
    };
    const found = await asked({ SEALED_NETWORK_KEY: '04'.padStart(64, '0') });
    assert.deepEqual([found.code, found.out.includes(`0x${signer}`)], [0, true]);
    assert.match((await asked({})).err, /--network-key-file, or set SEALED_NETWORK_KEY/);
    const { code, err } = await asked({ SEALED_NETWORK_KEY: 'c0ffee' });
    assert.deepEqual([code, err.includes('SEALED_NETWORK_KEY'), err.includes('c0ffee')], [1, true, false]);
  });

  it('T51: ends with 1 where nobody answers, and does not repeat a key that is none', async () => {
    network.faults.set('GetOwner', { kind: 'status', name: 'unavailable', text: 'away', effect: false });
    assert.equal((await check()).code, 1);
    writeFileSync(key, 'c0ffee');
    const { code, err } = await check();
    assert.equal(code, 1);
    assert.match(err, /64 hex digits/);
    assert.doesNotMatch(err, /c0ffee/);
  });
});
