import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../config/load.js';
import { laneSpecsOf } from './laneSpecs.js';

const lanes = { executeLanes: 1, verifyLanes: 1, cpuProveLanes: 1, gpus: [], gpuSockets: [] };
const argsOf = (tee: Config['tee']) =>
  laneSpecsOf({ ...lanes, tee } as unknown as Config, 'engine', {}).map(({ id, isSingleUse = false, engine }) => [
    id,
    isSingleUse,
    'args' in engine ? engine.args : undefined,
  ]);

test('in mode tee, and only there, an engine that runs one guest is told so, and another one sets programs up', () => {
  const others = [
    ['cpu-verify-0', false, undefined],
    ['cpu-prove-0', false, undefined],
  ];
  const execute = ['cpu-execute-0', false, undefined];
  assert.deepEqual(argsOf('off'), [execute, ...others]);
  const setup = ['cpu-setup-0', false, undefined];
  assert.deepEqual(argsOf('dev'), [execute, setup, ['cpu-alone-0', true, ['--single-use']], ...others]);
});
