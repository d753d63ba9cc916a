import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Address } from '../ids.js';
import { bindingHash, domainSeparator, registryReportData } from './reportData.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const place = { chainId: 31337, registry: '5fbdb2315678afecb367f032d93f642f64180aa3' as Address };
const prover = '24f467036294dacac4d86ba2ed17323514fb1616' as Address;
const reference = { number: 8_170_000, hash: 'ab'.repeat(32) };

describe('what a quote for a registry is over', () => {
  it('is the model’s in version 1', () => {
    assert.equal(
      hex(registryReportData('v1', place, prover, reference)),
      '00000000000000000000000024f467036294dacac4d86ba2ed17323514fb1616bb18a0b0528354430fac4c171b0123d9ab1cd801f84724742bef0d304018e114',
    );
  });

  it('binds chain and registry in version 2', () => {
    assert.equal(hex(domainSeparator(place)), '154181ccaefd1b41e3db1f5690ddaa74ed6c7e8dbc177f127edb59eca11b863a');
    assert.equal(
      hex(bindingHash('v2', place, prover, reference)),
      'c4129753730143125fd2d74b3a47316cd5c4a003d3946641ca2202ceee4f2b79',
    );
    const elsewhere = bindingHash('v2', { ...place, chainId: 1 }, prover, reference);
    assert.notEqual(hex(elsewhere), hex(bindingHash('v2', place, prover, reference)));
  });
});
