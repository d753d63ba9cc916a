// Verifies the proof with the engine before anyone may download it: a wrong proof is our failure, not the client's discovery.
import type { Verification } from '../../engines/jobs.js';
import { loadProgram, proofPlaceOf, provenMode } from './requestArtifacts.js';
import { type StageParameters, stageEffect } from './stage.js';

export const verifyEffect = (parameters: StageParameters) =>
  stageEffect<'verify', Verification>(parameters, {
    stage: 'verify',
    jobOf: async ({ request, attempt, proof, execution }, hold) => {
      if (proof === null || execution === null) throw new Error('verifying without a proof or an execution');
      return {
        stage: 'verify',
        requestId: request.requestId,
        attempt,
        vkHash: request.vkHash,
        vk: loadProgram(parameters.store, request).vk,
        mode: provenMode(request),
        proof: await hold(proof, proofPlaceOf(request)),
        publicValuesHash: execution.publicValuesHash,
      };
    },
    keep: async (_, verification) => verification,
    eventOf: () => ({ type: 'VERIFIED' }),
  });
