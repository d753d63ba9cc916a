// Makes the proof. The file is finished, flushed and renamed before the machine hears of it.
import type { ProofRef } from '../../machines/request/rules.js';
import { confirmProgram, removeCandidate } from '../../programs/programs.js';
import { loadProgram, proofPlaceOf, provenMode, stdinPlaceOf } from './requestArtifacts.js';
import { type StageParameters, stageEffect } from './stage.js';

export const proveEffect = (parameters: StageParameters) => {
  const { artifacts, catalog, store, proofIds } = parameters;
  return stageEffect<'prove', ProofRef>(parameters, {
    stage: 'prove',
    jobOf: async ({ request, attempt }, hold) => {
      const program = loadProgram(store, request);
      return {
        stage: 'prove',
        requestId: request.requestId,
        attempt,
        vkHash: request.vkHash,
        vk: program.vk,
        ...(program.elf && { zeroFillTrap: program.elf.zeroFillTrap }),
        mode: provenMode(request),
        program: await hold(...program.file),
        stdin: await hold(request.stdin, stdinPlaceOf(request)),
        output: artifacts.output(proofIds(request.requestId, attempt), 'proof'),
      };
    },
    keep: ({ request, attempt }, proven) =>
      artifacts.adopt(proofIds(request.requestId, attempt), proofPlaceOf(request), proven),
    alsoWrite: (tx, { request }, { program }) => confirmProgram(tx, request.vkHash, request.requester, program.sha256),
    onMismatch(tx, { request: { vkHash, requester } }, { program }) {
      const removed = removeCandidate(tx, vkHash, requester, program.sha256);
      if (removed !== undefined) catalog.unreference(tx, removed.artifactId, vkHash);
    },
    eventOf: (proof) => ({ type: 'PROVEN', proof }),
  });
};
