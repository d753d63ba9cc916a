// Executes the guest: cycles, gas and the digest of its public values, or why it cannot be proved.
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Execution } from '../../engines/jobs.js';
import { loadProgram } from './program.js';
import { type StageParameters, stageEffect } from './stage.js';

export const executeEffect = (parameters: StageParameters & { artifacts: ArtifactBackend }) =>
  stageEffect<'execute', Execution>(parameters, {
    stage: 'execute',
    reliesOnRecord: false,
    jobOf: ({ request, attempt }) => ({
      stage: 'execute',
      requestId: request.requestId,
      attempt,
      vkHash: request.vkHash,
      program: loadProgram(parameters, request.vkHash).file,
      stdin: parameters.artifacts.file(request.stdin, 'stdin'),
      cycleLimit: request.cycleLimit,
      gasLimit: request.gasLimit,
      ...(request.publicValuesHash !== undefined && { announcedDigest: request.publicValuesHash }),
    }),
    keep: async (_, execution) => execution,
    eventOf: (execution) => ({ type: 'EXECUTED', execution }),
  });
