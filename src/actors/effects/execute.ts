// Executes the guest: cycles, gas and the digest of its public values, or why it cannot be proved.
import type { Execution } from '../../engines/jobs.js';
import { stdinPlaceOf } from './places.js';
import { loadProgram } from './program.js';
import { type StageParameters, stageEffect } from './stage.js';

export const executeEffect = (parameters: StageParameters) =>
  stageEffect<'execute', Execution>(parameters, {
    stage: 'execute',
    jobOf: async ({ request, attempt }, hold) => ({
      stage: 'execute',
      requestId: request.requestId,
      attempt,
      vkHash: request.vkHash,
      program: await hold(...loadProgram(parameters.store, request).file),
      stdin: await hold(request.stdin, stdinPlaceOf(request)),
      cycleLimit: request.cycleLimit,
      gasLimit: request.gasLimit,
      ...(request.publicValuesHash !== undefined && { announcedDigest: request.publicValuesHash }),
    }),
    keep: async (_, execution) => execution,
    eventOf: (execution) => ({ type: 'EXECUTED', execution }),
  });
