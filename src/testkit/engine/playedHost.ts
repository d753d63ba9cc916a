// A host whose engines have neither process nor socket: each lane gets what `open` plays.
import type { Engine, EngineKind } from '../../engines/engine.js';
import type { Failure } from '../../failures/catalog.js';
import type { EngineHost, HostedLane } from '../../lanes/engineHost.js';
import { ampleCapacity } from './laneRig.js';

export const playedHost = (
  kind: EngineKind,
  open: (onLost: (failure: Failure) => void, lane: HostedLane) => Engine,
): EngineHost => ({
  capacity: async () => ampleCapacity,
  homeOf: (lane) => ({
    kind,
    isManaged: false,
    circuits: () => undefined,
    launch: async () => ({ address: lane.id, open: (onLost) => open(onLost, lane) }),
  }),
});
