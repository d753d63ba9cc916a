// Everything that a client of one target needs to send it private bytes: what it is compared with, what is remembered of it, and connections
// that are attested by both.
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import type { Verifying } from '../check/verifyShown.js';
import { intelRoot } from '../verify/roots.js';
import { createAttestor, type Look } from './attestor.js';
import { type BodyKeys, createBodyKeys } from './bodyKeys.js';
import { type AttestedConnections, createConnections } from './connections.js';
import type { Dialling } from './dial.js';
import { createEndpoints } from './endpoints.js';
import type { Mode } from './modes.js';

export interface OpenTargetParameters extends Dialling {
  readonly mode: Mode;
  readonly verifying: Verifying;
  /** Bodies will be sealed to the key that the target shows for them. The mode is `require` then. */
  readonly isSealed?: boolean;
  /** Where it is kept which endpoints were seen attested; undefined where there is no place for it. */
  readonly statePath: string | undefined;
  /** How long a verdict holds (ms). */
  readonly verdictMs?: number;
  readonly onLook?: ((look: Look) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Long enough that it costs nothing, short enough that a platform that falls behind is noticed (ms). */
export const defaultVerdictMs = 10 * 60_000;

export interface OpenedTarget extends AttestedConnections {
  /** Undefined: bodies are not sealed. */
  readonly bodyKeys: BodyKeys | undefined;
}

/** Connects to nothing yet. */
export function openTarget(of: OpenTargetParameters): OpenedTarget {
  const { verifying, statePath, random, verdictMs = defaultVerdictMs } = of;
  const endpoints = createEndpoints({ path: statePath, root: verifying.roots?.[0] ?? intelRoot, random });
  let bodyKey: string | undefined;
  const onLook = (look: Look) => {
    bodyKey = look.attestation.bodyKey;
    of.onLook?.(look);
  };
  const attestor = createAttestor({ ...of, endpoints, verdictMs, onLook });
  const connections = createConnections({ ...of, attestor });
  return { ...connections, bodyKeys: of.isSealed ? createBodyKeys(connections, () => bodyKey) : undefined };
}
