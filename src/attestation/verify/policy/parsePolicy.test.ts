// Policies: what may be written, and that everything else is an error that names its place.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { parsePolicy } from './parsePolicy.js';

const hex = (bytes: number) => 'ab'.repeat(bytes);
const full = {
  version: 1,
  name: 'prover.example.org, release 0.2.0',
  require: 'bound',
  tcb: {
    statuses: ['UpToDate', 'SWHardeningNeeded'],
    graceDays: 30,
    allowedAdvisories: ['INTEL-SA-00615', 'INTEL-DOC-10001'],
    refusedAdvisories: [],
    minEvaluationDataNumber: 18,
  },
  td: { allow: ['pks'] },
  os: [{ name: 'dstack 0.5.9', mrTd: hex(48), rtmr0: [hex(48)], rtmr1: hex(48), rtmr2: hex(48) }],
  rtmr3: [hex(48)],
  compose: {
    hashes: [hex(32)],
    images: { 'ghcr.io/example/prover': [`sha256:${hex(32)}`] },
    allowedEnvs: ['TOKEN'],
    preLaunchScripts: [hex(32)],
    publicLogs: false,
    agentSocketServices: ['prover'],
    publishedPorts: [443],
  },
  app: { ids: [hex(20)], instances: [hex(20)], keyProviders: [{ name: 'kms', ids: ['ab'] }] },
  devices: [hex(32)],
  tls: { domains: ['prover.example.org'], caa: 'check', acmeAccounts: ['https://acme.example/1'], nonce: 'optional' },
  statement: { service: 'sealed-prover', versions: ['0.2.0'], sealing: ['dstack'], swap: false },
};

describe('parsePolicy', () => {
  it('reads every property, and names the policy by its bytes', async () => {
    const json = JSON.stringify(full);
    const { policy, sha256 } = await parsePolicy(json);
    assert.equal(sha256, createHash('sha256').update(json).digest('hex'));
    assert.equal(policy.require, 'bound');
    assert.deepEqual(policy.os?.[0]?.rtmr0, [hex(48)]);
    assert.deepEqual(policy.compose?.images?.get('ghcr.io/example/prover'), [`sha256:${hex(32)}`]);
    assert.equal(policy.tls?.nonce, 'optional');
  });

  it('asks for identified and UpToDate where it says nothing', async () => {
    const { policy } = await parsePolicy('{"version":1,"name":"empty"}');
    assert.equal(policy.require, 'identified');
    assert.deepEqual(policy.tcb.statuses, ['UpToDate']);
    assert.equal(policy.tcb.graceDays, 0);
    assert.deepEqual(policy.td.allow, []);
    assert.equal(policy.os, undefined);
  });

  // biome-ignore lint/suspicious/noExplicitAny: a policy that is wrong
  const wrong: ReadonlyArray<readonly [what: string, change: (policy: any) => unknown, place: RegExp]> = [
    [
      'a property that is not known',
      (policy) => {
        policy.devises = [];
      },
      /devises is not a property/,
    ],
    [
      'a property of a part that is not known',
      (policy) => {
        policy.tcb.status = [];
      },
      /tcb\.status is not a property/,
    ],
    [
      'no version',
      (policy) => {
        delete policy.version;
      },
      /version/,
    ],
    [
      'another version',
      (policy) => {
        policy.version = 2;
      },
      /version/,
    ],
    [
      'no name',
      (policy) => {
        delete policy.name;
      },
      /name/,
    ],
    [
      'a name without an end',
      (policy) => {
        policy.name = 'x'.repeat(101);
      },
      /name/,
    ],
    [
      'Revoked among the statuses',
      (policy) => {
        policy.tcb.statuses = ['Revoked'];
      },
      /tcb\.statuses\[0\]/,
    ],
    [
      'no status at all',
      (policy) => {
        policy.tcb.statuses = [];
      },
      /tcb\.statuses is empty/,
    ],
    [
      'a status twice',
      (policy) => {
        policy.tcb.statuses = ['UpToDate', 'UpToDate'];
      },
      /twice/,
    ],
    [
      'more than a year of grace',
      (policy) => {
        policy.tcb.graceDays = 366;
      },
      /graceDays/,
    ],
    [
      'half a day of grace',
      (policy) => {
        policy.tcb.graceDays = 0.5;
      },
      /graceDays/,
    ],
    [
      'an advisory that is none',
      (policy) => {
        policy.tcb.allowedAdvisories = ['CVE-1'];
      },
      /allowedAdvisories\[0\]/,
    ],
    [
      'debugging',
      (policy) => {
        policy.td.allow = ['debug'];
      },
      /td\.allow\[0\]/,
    ],
    [
      'upper-case hex',
      (policy) => {
        policy.devices = ['AB'.repeat(32)];
      },
      /devices\[0\]/,
    ],
    [
      'hex of another length',
      (policy) => {
        policy.rtmr3 = [hex(32)];
      },
      /rtmr3\[0\]/,
    ],
    [
      'an OS image without RTMR2',
      (policy) => {
        delete policy.os[0].rtmr2;
      },
      /os\[0\]\.rtmr2/,
    ],
    [
      'a digest without its algorithm',
      (policy) => {
        policy.compose.images.x = [hex(32)];
      },
      /compose\.images\.x\[0\]/,
    ],
    [
      'a port that is none',
      (policy) => {
        policy.compose.publishedPorts = [0];
      },
      /publishedPorts\[0\]/,
    ],
    [
      'a key provider that is none',
      (policy) => {
        policy.app.keyProviders = [{ name: 'none' }];
      },
      /keyProviders\[0\]\.name/,
    ],
    [
      'a machine that may swap',
      (policy) => {
        policy.statement.swap = true;
      },
      /statement\.swap/,
    ],
    [
      'an account that is no https URL',
      (policy) => {
        policy.tls.acmeAccounts = ['http://x'];
      },
      /acmeAccounts/,
    ],
  ];
  for (const [what, change, place] of wrong) {
    it(`refuses ${what}`, async () => {
      const policy = structuredClone(full);
      change(policy);
      await assert.rejects(parsePolicy(JSON.stringify(policy)), (error: { code: string; detail: string }) => {
        assert.equal(error.code, 'POLICY_MALFORMED');
        assert.match(error.detail, place);
        return true;
      });
    });
  }

  for (const [what, json] of [
    ['no JSON', '{'],
    ['a key twice', '{"version":1,"version":1,"name":"x"}'],
    ['a list', '[]'],
    ['something behind its end', '{"version":1,"name":"x"} x'],
    ['more than a megabyte', `{"version":1,"name":"x"}${' '.repeat(1_048_576)}`],
    ['depth without an end', `${'['.repeat(100_000)}`],
  ] as const) {
    it(`refuses ${what}`, () => assert.rejects(parsePolicy(json), { code: 'POLICY_MALFORMED' }));
  }
});
