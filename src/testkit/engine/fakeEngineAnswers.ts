// The fake engine's right answers: what a sound engine would say to each request, at once and always the same.
import { createHash } from 'node:crypto';
import type { FakeScript } from './fakeEngineScript.js';
import { type EngineRequest, encodeAnswer, type RequestOf } from './fakeEngineWire.js';
import { checkFakeProof, fakeProof, fakePublicValues, fakeVk, programKey } from './fakeProof.js';

export type FakeRole = 'execute' | 'prove';

/** Failure codes of docs/engine-protocol.md that the fake uses by itself. */
const wrongRole = 8;
const unknownKey = 9;

const gibibyte = 2 ** 30;
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** ELFs that a connection has set up, by key in hex. */
export type SetUpElfs = Map<string, Buffer>;

/** The answer as a whole frame. */
export function rightAnswer(request: EngineRequest, role: FakeRole, script: FakeScript, elfs: SetUpElfs): Buffer {
  switch (request.kind) {
    case 'setup': {
      const key = programKey(request.elf);
      elfs.set(key.toString('hex'), Buffer.from(request.elf));
      return encodeAnswer.setup(key, vkOf(request.elf, script));
    }
    case 'destroy':
      elfs.delete(request.key);
      return encodeAnswer.ok();
    case 'prove':
      return role === 'prove' ? prove(request, script, elfs) : encodeAnswer.failure(wrongRole, 'It does not prove.');
    case 'execute':
      return execute(request, script);
    case 'verify': {
      const { ok, mode, publicValuesHash, reason } = checkFakeProof(request.vk, request.proof);
      return encodeAnswer.verified(ok, mode, Buffer.from(publicValuesHash, 'hex'), reason);
    }
    case 'info':
      return describe(role, script);
    case 'waitReady':
      return role === 'prove' ? encodeAnswer.ok() : encodeAnswer.failure(wrongRole, 'It does not prove.');
  }
}

const vkOf = (elf: Uint8Array, { vk }: FakeScript) => (vk === undefined ? fakeVk(elf) : Buffer.from(vk, 'hex'));

function prove(request: RequestOf<'prove'>, script: FakeScript, elfs: SetUpElfs): Buffer {
  const elf = elfs.get(request.key);
  if (elf !== undefined) {
    const { stdin, mode } = request;
    return encodeAnswer.proof(fakeProof(elf, stdin, mode, script.proofFillerBytes ?? 1_000, vkOf(elf, script)));
  }
  // sp1-gpu-server has no failure codes.
  if (!request.withProgress) return encodeAnswer.internalError('program not found');
  return encodeAnswer.failure(unknownKey, 'This connection has not set up the program.');
}

function execute(request: RequestOf<'execute'>, script: FakeScript): Buffer {
  const cycles = BigInt(script.cycles ?? 1_000 + request.stdin.length);
  const gas = 2n * cycles;
  if (cycles > request.cycleLimit) return guestFailure(5, 0, request.cycleLimit);
  if (gas > request.gasLimit) return guestFailure(9, 0, cycles);
  const publicValues = fakePublicValues(request.stdin);
  const publicValuesHash = hashOf(publicValues);
  return encodeAnswer.executed({ cause: 0, exitCode: 0, cycles, gas, publicValues, publicValuesHash, text: '' });
}

/** Executed for a guest that did not end well: `cause` is an ExecuteFailureCause. */
export const guestFailure = (cause: number, exitCode: number, cycles: bigint) =>
  encodeAnswer.executed({
    cause,
    exitCode,
    cycles,
    gas: 0n,
    publicValues: Buffer.alloc(0),
    publicValuesHash: hashOf(Buffer.alloc(0)),
    text: 'The guest failed.',
  });

const describe = (role: FakeRole, script: FakeScript) =>
  encodeAnswer.info({
    crateVersion: '6.10.0',
    circuitVersion: 'v6.1.0',
    role,
    cores: 2,
    memoryTotalBytes: script.memoryTotalBytes ?? 64 * gibibyte,
    memoryAvailableBytes: script.memoryAvailableBytes ?? 48 * gibibyte,
    prover: role === 'prove' ? 'ready' : 'none',
    wrapCircuits: script.wrapCircuits ?? ['plonk', 'groth16'],
  });
