// The registrar writes down what it asks of a registry. Whatever it says has to be what these contracts have.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Abi, type AbiFunction, parseAbi, toFunctionSignature } from 'viem';
import { mockDcapVerifier } from '../../src/contracts/generated/mockDcapVerifier.js';
import { proverRegistry } from '../../src/contracts/generated/proverRegistry.js';
import { registryAbi } from '../../src/signers/registrar/registryAbi.js';

/** Of the first version, with which it registers too. */
const ofVersion1 = ['INVALID_REPORT()', 'INVALID_REPORT_DATA()'];

/** A selector is made of these. */
const signaturesOf = (abi: Abi): string[] =>
  abi
    .filter(({ type }) => type === 'function' || type === 'error')
    .map((item) => toFunctionSignature({ ...item, type: 'function' } as AbiFunction));

it('every function and error that the registrar knows is one of the contracts', () => {
  const known = [...signaturesOf(proverRegistry.abi), ...signaturesOf(mockDcapVerifier.abi)];
  assert.ok(known.includes('register((uint256,bytes32,address),bytes)'));
  const unknown = signaturesOf(parseAbi(registryAbi)).filter((signature) => !known.includes(signature));
  assert.deepEqual(unknown.sort(), ofVersion1);
});
