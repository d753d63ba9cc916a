// The allowlist: its form, and that it decides about the address that a signature recovers to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address } from '../../ids.js';
import type { Signatures } from '../signed/signatures.js';
import { Allowlist, onlyAllowed } from './allowlist.js';

const [alice, bob] = ['ab'.repeat(20), '12'.repeat(20)] as [Address, Address];
const listOf = (text: string) => {
  const list = new Allowlist();
  list.replace(text);
  return list;
};

test('a list has an address a line, in any case, with comments', () => {
  const list = listOf(`# ours\r\n0x${alice.toUpperCase()}   # alice\r\n\r\n  0x${bob}`);
  assert.ok(list.has(alice) && list.has(bob));
  assert.ok(!list.has('34'.repeat(20) as Address));
});

test('a list with a wrong line is refused whole, by line number and without its text', () => {
  const list = listOf(`0x${alice}`);
  for (const wrong of [alice, `0x${alice}0`, `0x${alice} 0x${bob}`, 'not an address', `0x${alice},`]) {
    const message = 'line 2 is not an address (0x and 40 hex digits)';
    assert.throws(() => list.replace(`0x${bob}\n${wrong}`), { message });
    assert.ok(list.has(alice) && !list.has(bob));
  }
  assert.throws(() => list.replace('# nobody'), { message: 'it has no entries' });
});

test('only an address that is on the list when the signature is recovered may sign', async () => {
  const list = listOf(`0x${alice}`);
  let signer: Address = alice;
  const recovering: Signatures = { recover: async () => signer, close: async () => {} };
  const signed = { message: new Uint8Array(), signature: new Uint8Array() };
  const signatures = onlyAllowed(recovering, list);
  assert.equal(await signatures.recover(signed), alice);
  signer = bob;
  const refused = (error: unknown) => {
    assert.ok(error instanceof FailureError);
    assert.deepEqual(error.failure, fail('REQUESTER_NOT_ALLOWED', { requester: bob }));
    return true;
  };
  await assert.rejects(signatures.recover(signed), refused);
  const underWay = signatures.recover(signed);
  list.replace(`0x${bob}`);
  assert.equal(await underWay, bob);
});
