import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { isOnAzure } from './attestProvider.js';

test('52: a machine of Azure is known by what its firmware says, so that its vTPM is refused by name', () => {
  const root = temporaryFolder('azure');
  assert.ok(!isOnAzure(root));
  const folder = join(root, 'sys/class/dmi/id');
  mkdirSync(folder, { recursive: true });
  for (const [tag, expected] of [
    ['7783-7084-3265-9085-8269-3286-77\n', true],
    ['No Asset Tag\n', false],
  ] as const) {
    writeFileSync(join(folder, 'chassis_asset_tag'), tag);
    assert.equal(isOnAzure(root), expected);
  }
});
