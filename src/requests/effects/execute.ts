// Executes the guest: cycles, gas and the digest of its public values, or why it cannot be proved. For a signature it runs in an engine of
// its own, and what comes of it is vouched for before it is written down.
import type { RecordedExecution } from '../../machines/request/rules.js';
import { loadProgram, stdinPlaceOf } from './requestArtifacts.js';
import { type StageParameters, stageEffect } from './stage.js';
import type { Vouching } from './vouching.js';

export const executeEffect = (parameters: StageParameters, vouching: Vouching) =>
  stageEffect<'execute', RecordedExecution>(parameters, {
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
      ...(request.mode === 'tee' && { alone: vouching.publicValuesOf(request.requestId, attempt) }),
    }),
    async keep(input, { publicValues, ...execution }, { program }, signal) {
      if (publicValues === undefined) return execution;
      return {
        ...execution,
        vouched: await vouching.vouch(input, { execution, publicValues, program: program.sha256 }, signal),
      };
    },
    // What decides over a signature was seen by this process, or it was not seen.
    believes: ({ request }, execution) => request.mode !== 'tee' || vouching.isVouchedFor(request, execution),
    eventOf: (execution) => ({ type: 'EXECUTED', execution }),
  });
