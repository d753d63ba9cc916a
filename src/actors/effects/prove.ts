// Makes the proof. The file is finished, flushed and renamed before the machine hears of it.
import { createHash } from 'node:crypto';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { ArtifactId, RequestId } from '../../ids.js';
import type { ProofRef } from '../../machines/requestRules.js';
import { loadProgram } from './program.js';
import { type StageParameters, stageEffect } from './stage.js';

/**
 * The proof's artifact id, the same in every life of an attempt, so that a repeated one overwrites its own file.
 * As unguessable as the request id it is derived from.
 */
export const proofIdOf = (requestId: RequestId, attempt: number): ArtifactId =>
  createHash('sha256').update(`proof:${requestId}:${attempt}`).digest('hex') as ArtifactId;

export const proveEffect = (parameters: StageParameters & { artifacts: ArtifactBackend }) => {
  const { artifacts, clock } = parameters;
  return stageEffect<'prove', ProofRef>(parameters, {
    stage: 'prove',
    reliesOnRecord: true,
    jobOf: ({ request, attempt }) => {
      const program = loadProgram(parameters, request.vkHash);
      return {
        stage: 'prove',
        requestId: request.requestId,
        attempt,
        vkHash: request.vkHash,
        vk: program.vk,
        ...(program.elf && { zeroFillTrap: program.elf.zeroFillTrap }),
        mode: request.mode,
        program: program.file,
        stdin: artifacts.file(request.stdin, 'stdin'),
        proofPath: artifacts.scratchPath(proofIdOf(request.requestId, attempt)),
      };
    },
    keep: ({ request, attempt }, proven) => artifacts.adopt(proofIdOf(request.requestId, attempt), 'proof', proven),
    alsoWrite: (tx, { request }, proof) =>
      tx.put('artifacts', [proof.id], {
        kind: 'proof',
        owner: request.requester,
        private: request.stdinPrivate,
        sha256: proof.sha256,
        sizeBytes: proof.sizeBytes,
        storedAt: clock.now(),
        references: [request.requestId],
      }),
    eventOf: (proof) => ({ type: 'PROVEN', proof }),
  });
};
