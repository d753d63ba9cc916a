// What the service says of itself, and whether its memory may lie on a disk in the clear.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { statementBytes, swapsInTheClear } from './statement.js';

describe('the statement', () => {
  it('has its properties, and a time in whole seconds', () => {
    const bytes = statementBytes({
      version: '0.2.0',
      instance: 'ab'.repeat(16),
      startedAt: 1_780_272_000_123,
      generation: 7,
      sealing: 'off',
      provider: 'tsm',
      swap: false,
      plaintext: 'loopback',
      lanes: { cpu: 1, gpu: 0 },
    });
    assert.equal(
      Buffer.from(bytes).toString(),
      `{"service":"sealed-prover","version":"0.2.0","instance":"${'ab'.repeat(16)}","startedAt":"2026-06-01T00:00:00Z","generation":7,"sealing":"off","provider":"tsm","swap":false,"plaintext":"loopback","lanes":{"cpu":1,"gpu":0}}`,
    );
  });
});

describe('swap in the clear', () => {
  const head = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
  const cases: ReadonlyArray<readonly [what: string, swaps: string | undefined, expected: boolean]> = [
    ['there is none', head, false],
    ['it is compressed memory', `${head}/dev/zram0                partition\t8388604\t0\t100\n`, false],
    ['it is an encrypted device', `${head}/dev/dm-1                partition\t8388604\t0\t-2\n`, false],
    ['it is a logical volume', `${head}/dev/dm-2                partition\t8388604\t0\t-2\n`, true],
    ['it is a file', `${head}/swapfile                file\t\t2097148\t0\t-2\n`, true],
    ['one of two is', `${head}/dev/zram0 partition 1 0 1\n/dev/sda2 partition 1 0 1\n`, true],
    ['a device is not known', `${head}/dev/dm-9 partition 1 0 1\n`, true],
    ['it cannot be seen', undefined, true],
  ];
  for (const [what, swaps, expected] of cases)
    it(`is ${expected} when ${what}`, () => {
      const root = temporaryFolder('swap');
      mkdirSync(join(root, 'proc'), { recursive: true });
      if (swaps !== undefined) writeFileSync(join(root, 'proc/swaps'), swaps);
      for (const [name, uuid] of [
        ['dm-1', 'CRYPT-PLAIN-swap'],
        ['dm-2', 'LVM-abc'],
      ] as const) {
        mkdirSync(join(root, 'sys/block', name, 'dm'), { recursive: true });
        writeFileSync(join(root, 'sys/block', name, 'dm/uuid'), `${uuid}\n`);
      }
      assert.equal(swapsInTheClear(root), expected);
    });
});
