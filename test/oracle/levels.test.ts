// The algebra of levels: any signed TCB info and QE identity, any versions of platform, module and quoting enclave, through both verifiers.
// ORACLE_SEED repeats a run's inputs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { components } from '../../src/attestation/dev/mockTcb.js';
import { failureOf } from '../../src/attestation/verify/failure.js';
import { moduleStatuses, platformStatuses, qeStatuses } from '../../src/attestation/verify/tcb/status.js';
import { verifyQuote } from '../../src/attestation/verify/verifyQuote.js';
import { holdingClock } from '../../src/clock.js';
import { createMockCase } from '../../src/testkit/attestation/mockPki.js';
import { type Oracle, startOracle } from '../../src/testkit/attestation/oracle.js';

const seed = Number(process.env['ORACLE_SEED'] ?? holdingClock.now() % 2 ** 31);
const runs = 500;

/** Few versions, so that levels are met and missed about as often. */
const has = fc.constantFrom(0, 1, 1, 2, 2, 3);
const needs = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const many = (version: fc.Arbitrary<number>, count: number) =>
  fc.array(version, { minLength: count, maxLength: count });
/** Version of the module, its number, and a component that no module identity judges. */
const svns = (version: fc.Arbitrary<number>) => fc.tuple(version, fc.constantFrom(0, 1, 1, 1, 1, 1, 1, 1, 2), version);
/** As after an update under a running TD. */
const updated = fc.constantFrom(1, 3, 3, 3);
const level = (statuses: readonly string[]) =>
  fc.record({
    tcbStatus: fc.constantFrom(...statuses, 'UpToDate', 'UpToDate', 'OutOfDate'),
    tcbDate: fc.integer({ min: 2022, max: 2026 }).map((year) => `${year}-03-01T00:00:00Z`),
    advisoryIDs: fc.uniqueArray(fc.constantFrom('INTEL-SA-1', 'INTEL-SA-2', 'INTEL-SA-3'), { maxLength: 2 }),
  });
/** The last one mostly has no needs, so that most platforms meet some level. */
const floor = fc.constantFrom(0, 0, 0, 0, 1);
const svnLevel = (statuses: readonly string[], version: fc.Arbitrary<number>) =>
  fc.tuple(level(statuses), version).map(([of, isvsvn]) => ({ ...of, tcb: { isvsvn } }));
const platformLevel = (version: fc.Arbitrary<number>) =>
  fc.tuple(level(platformStatuses), many(version, 2), version, many(version, 3)).map(([of, sgx, pcesvn, tdx]) => ({
    ...of,
    tcb: { sgxtcbcomponents: components(...sgx), pcesvn, tdxtcbcomponents: components(...tdx) },
  }));
const levelsOf = <T>(levelOf: (version: fc.Arbitrary<number>) => fc.Arbitrary<T>) =>
  fc.tuple(fc.array(levelOf(needs), { maxLength: 3 }), levelOf(floor)).map(([levels, last]) => [...levels, last]);

const input = fc.record({
  platform: levelsOf(platformLevel),
  module: levelsOf((version) => svnLevel(moduleStatuses, version)),
  qe: levelsOf((version) => svnLevel(qeStatuses, version)),
  cpuSvn: many(has, 2),
  pceSvn: has,
  launch: svns(has),
  now: svns(updated),
  isTd15: fc.constantFrom(true, true, false),
  isvSvn: has,
});

const svnHex = (bytes: readonly number[]) => Buffer.concat([Buffer.from(bytes)], 16).toString('hex');

describe('both verifiers on any levels', () => {
  let oracle: Oracle;
  before(() => {
    oracle = startOracle();
  });
  after(() => oracle.end());

  it(`they come to the same status, date and advisories (ORACLE_SEED=${seed})`, async (t) => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(input, async (of) => {
        const { rootDer, ...question } = createMockCase({
          version: of.isTd15 ? 5 : 4,
          platform: { cpuSvn: svnHex(of.cpuSvn), pceSvn: of.pceSvn },
          td: { teeTcbSvn: svnHex(of.launch), ...(of.isTd15 ? { teeTcbSvn2: svnHex(of.now) } : {}) },
          qe: { isvSvn: of.isvSvn },
          tcbInfo: (info) => {
            info.tcbLevels = of.platform;
            for (const module of info.tdxModuleIdentities) module.tcbLevels = of.module;
          },
          qeIdentity: (identity) => {
            identity.tcbLevels = of.qe;
          },
        });
        const ours = await verifyQuote(question).then(
          ({ tcbStatus: status, tcbDate, advisoryIds: advisories }) => ({ status, tcbDate, advisories }),
          (error) => failureOf(error),
        );
        const theirs = await oracle.ask({ ...question, rootDer });
        const outcome = 'code' in ours ? ours.code : ours.status;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        if ('code' in ours || ours.status === 'Revoked')
          assert.ok('error' in theirs, `${outcome}, the other one accepts`);
        else assert.deepEqual(theirs, ours);
      }),
      { numRuns: runs, seed },
    );
    t.diagnostic(JSON.stringify(Object.fromEntries([...seen].sort())));
    // Relaunches are rarer; each has a case of its own.
    const wanted = [
      'UpToDate',
      'OutOfDate',
      'OutOfDateConfigurationNeeded',
      'Revoked',
      'TDRelaunchAdvised',
      'TCB_LEVEL_NONE',
    ];
    assert.deepEqual(
      wanted.filter((outcome) => !seen.has(outcome)),
      [],
    );
  });
});
