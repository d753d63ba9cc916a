// Tells the SDK's wait for a proof from every other way to ask for a status: one request, asked for again 2 s after each answer, and
// nothing else meanwhile (sp1-sdk network/prover.rs, wait_proof). Only such a poll may be answered late: who asks for several things
// in turn would have all of them late. Where it cannot be told, it is no such loop (docs/decisions/held-polls.md).
import type { Clock, EpochMs } from '../../../clock.js';
import type { RequestId } from '../../../ids.js';
import type { Peer } from '../../connection.js';
import type { Caller } from '../../grpc/call.js';
import { Neighbours } from './neighbours.js';
import { Recent } from './recent.js';
import { Trail } from './trail.js';

/** How long the SDK sleeps after each answered poll (ms). */
export const sdkSleepMs = 2_000;

/**
 * From our answer to the next poll (ms). A sleep never ends early: less than 2 s is only clocks that disagree. The rest is the way there
 * and back, up to four times for older SDKs, which connect anew: 600 ms are 150 ms a round trip. Wrong if waits from far away are never
 * held: then it is too small.
 */
const gapMs = { least: sdkSleepMs - 10, most: sdkSleepMs + 600 };

/** One regular gap may be chance. Each more is 2 s in which a proof waits to be seen. Wrong if others than the SDK report late answers. */
const neededGaps = 2;

/**
 * Clients that no connection tells: 16,384 is what the port takes in connections, and a few MB here; two minutes outlast any held poll
 * and the gap after it. Wrong if waits of many clients cease to be held.
 */
const remembered = { entries: 16_384, idleMs: 120_000 };

/** Nobody needs more of a header to tell clients apart; they are kept in memory. */
const keptLength = 100;

export interface Poll {
  /** It belongs to a wait loop of the SDK: its client waits for nothing else. */
  readonly continuesLoop: boolean;
  /** To be called when it is answered. A poll that failed or whose client went away is not: its loop is over. */
  answered(): void;
}

export interface WaitLoops {
  /** Hears of every call of the wire; `requestId` is what a status poll asks for, undefined for any other call. */
  heard(caller: Caller, requestId: RequestId | undefined): Poll;
}

/** Everything of one kind from one address: the client, where its connection does not tell it. */
interface Origin {
  readonly trail: Trail;
  readonly neighbours: Neighbours;
}

export function createWaitLoops(clock: Clock): WaitLoops {
  /** Forgotten with the connection. */
  const connections = new WeakMap<Peer, Trail>();
  const origins = new Recent<Origin>(clock, remembered);

  return {
    heard(caller, requestId) {
      const { peer, userAgent, forwardedFor, hasTimeLimit } = caller;
      const at = clock.now();
      const origin = origins.touch(originKey(caller), () => ({
        trail: new Trail(),
        neighbours: new Neighbours(),
      }));
      const known = connections.get(peer);
      const connection = known ?? new Trail();
      if (known === undefined) connections.set(peer, connection);

      const ownGapMs = gapOf(connection, at);
      const isAlone = origin.neighbours.arrived(connection, at, ownGapMs - sdkSleepMs);
      const ownCall = connection.heard(requestId, isRegular(ownGapMs) && isAlone);
      const originCall = origin.trail.heard(requestId, isRegular(gapOf(origin.trail, at)));

      // Older SDKs come by a new connection each time, and a proxy spreads its clients' calls over its own.
      const client = known === undefined || forwardedFor !== undefined ? origin.trail : connection;
      return {
        // The SDK's library names itself, and the SDK sets no limit to a call that a service would see.
        continuesLoop: client.regularGaps >= neededGaps && /(^|\s)tonic\//.test(userAgent) && !hasTimeLimit,
        answered() {
          const now = clock.now();
          connection.answered(ownCall, now);
          origin.trail.answered(originCall, now);
          origin.neighbours.answered(connection);
        },
      };
    },
  };
}

const gapOf = ({ answeredAt }: Trail, at: EpochMs): number => (answeredAt === undefined ? 0 : at - answeredAt);
const isRegular = (ms: number): boolean => ms >= gapMs.least && ms <= gapMs.most;

const originKey = ({ peer, userAgent, forwardedFor = '' }: Caller): string =>
  [peer.address, forwardedFor.slice(0, keptLength), userAgent.slice(0, keptLength)].join('\n');
