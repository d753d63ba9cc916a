import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { CliError } from './cli.js';
import { findDemoExample } from './demoExample.js';

const find = (program: string, input?: string, inputs: Uint8Array[] = []) =>
  findDemoExample({ program, input, inputs });
const refuses = (work: () => unknown, message: RegExp) =>
  assert.throws(work, (error: unknown) => error instanceof CliError && message.test(error.message));

test('examples come with their sample, and with what to expect of it', () => {
  for (const name of ['fibonacci', 'preimage', 'ballast']) {
    const example = find(name);
    assert.ok(existsSync(example.elfPath));
    assert.equal(example.inputs.length, 1);
    assert.ok((example.expectedPublicValues ?? '').length > 0);
  }
});

test('the user’s input replaces the sample, and nothing is expected of it', () => {
  assert.deepEqual(
    find('fibonacci', '7').inputs.map((bytes) => [...(bytes as Uint8Array)]),
    [[7, 0, 0, 0]],
  );
  assert.deepEqual(find('preimage', 'hé').inputs, [Buffer.from('hé')]);
  assert.deepEqual(find('preimage', undefined, [Buffer.of(1)]).inputs, [Buffer.of(1)]);
  assert.equal(find('preimage', 'x').expectedPublicValues, undefined);
  assert.ok(!find('preimage', 'my secret').inputText.includes('secret'), 'the input is not shown');
});

test('what cannot be demonstrated is refused in words', () => {
  refuses(() => find('fibonacci', 'many'), /whole number below 2\^32/);
  refuses(() => find('panic'), /panic is made to fail/);
  refuses(() => find('fibonaci'), /no example or file fibonaci\. Examples: .*fibonacci/);
  refuses(() => find('package.json', '7'), /For your own ELF use --u32/);
});
