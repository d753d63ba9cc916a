// Verifies the proof with the engine before anyone may download it: a wrong proof is our failure, not the client's discovery.
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Verification } from '../../engines/jobs.js';
import { loadProgram } from './program.js';
import { type StageParameters, stageEffect } from './stage.js';

export const verifyEffect = (parameters: StageParameters & { artifacts: ArtifactBackend }) =>
  stageEffect<'verify', Verification>(parameters, {
    stage: 'verify',
    reliesOnRecord: false,
    jobOf: ({ request, attempt, proof, execution }) => {
      if (proof === null || execution === null) throw new Error('verifying without a proof or an execution');
      return {
        stage: 'verify',
        requestId: request.requestId,
        attempt,
        vkHash: request.vkHash,
        vk: loadProgram(parameters, request.vkHash).vk,
        mode: request.mode,
        proof: parameters.artifacts.file(proof, 'proof'),
        publicValuesHash: execution.publicValuesHash,
      };
    },
    keep: async (_, verification) => verification,
    eventOf: () => ({ type: 'VERIFIED' }),
  });
