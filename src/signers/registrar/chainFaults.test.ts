import assert from 'node:assert/strict';
import { it } from 'node:test';
import { faultOf } from './chainFaults.js';
import { registryAbi } from './registryAbi.js';
import { ChainError } from './registryChain.js';

/** What helps against each error of a registry: a new quote, nothing, or another try. */
const expected: Readonly<Record<string, readonly [helps: string, cause: string]>> = {
  BlockNotPast: ['new-quote', 'stale-block'],
  BlockTooOld: ['new-quote', 'stale-block'],
  BlockHashMismatch: ['new-quote', 'stale-block'],
  ReportAlreadyUsed: ['new-quote', 'stale-block'],
  QuoteRefused: ['again', 'reverted'],
  Insufficient_Funds: ['again', 'reverted'],
  INVALID_REPORT: ['again', 'reverted'],
  INVALID_REPORT_DATA: ['again', 'reverted'],
  TcbNotAccepted: ['nothing', 'refused'],
  TdUnderTest: ['nothing', 'refused'],
  TdHasServiceTd: ['nothing', 'refused'],
  MeasurementNotAllowed: ['nothing', 'refused'],
  ProverMismatch: ['nothing', 'refused'],
  BindingMismatch: ['nothing', 'refused'],
  ProverIsRevoked: ['nothing', 'refused'],
  OutputTooShort: ['nothing', 'refused'],
  NotTdx: ['nothing', 'refused'],
};

const faultOfRevert = (detail: string) => {
  const { helps, cause, detail: told } = faultOf(new ChainError('revert', detail));
  assert.ok(told.includes(detail), told);
  return [helps, cause];
};

it('51: each error that a registry can revert with has its consequence, by name', () => {
  const errors = registryAbi.flatMap((line) => /^error (\w+)\(/.exec(line)?.[1] ?? []);
  assert.deepEqual([...errors].sort(), Object.keys(expected).sort());
  for (const [name, consequence] of Object.entries(expected))
    assert.deepEqual(faultOfRevert(`${name}(0x00)`), consequence, name);
});

it('51: what the first version of the registry says is understood, and what nobody has heard of is tried again', () => {
  for (const text of [
    'invalid block number',
    'block number out-of-date',
    'block number mismatch',
    'report is already used',
  ])
    assert.deepEqual(faultOfRevert(text), ['new-quote', 'stale-block']);
  for (const text of ['report data hash mismatch', 'prover address mismatch'])
    assert.deepEqual(faultOfRevert(text), ['nothing', 'refused']);
  assert.deepEqual(faultOfRevert('SomethingNew(7)'), ['again', 'reverted']);
});
