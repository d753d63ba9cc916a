// A reason as its operator reads it.
import { sentenceOf } from '../../failures/sentenceOf.js';
import { inBytes, inTime } from '../../failures/words.js';
import type { Reason } from './reason.js';

export function reasonSentence(reason: Reason): string {
  switch (reason.code) {
    case 'QUARANTINED':
      return 'It was set aside after a bug of ours and rests until it is released, or the next start of the service. The log has the error.';
    case 'HELD':
      return `It is held until ${inTime(reason.untilAt)} for an operator to retry it or give it up. ${sentenceOf(reason.failure)}`;
    case 'DISPATCH_PAUSED':
      return `Dispatch is paused by ${reason.by} since ${inTime(reason.sinceAt)}: ${reason.why}. It waits until an operator resumes it.`;
    case 'BACKING_OFF': {
      const { untilAt, faults, mostFaults, last } = reason;
      const after = last === undefined ? '' : ` ${sentenceOf(last)}`;
      return `It pauses until ${inTime(untilAt)} after fault ${faults} of ${mostFaults}.${after}`;
    }
    case 'DISK_FULL':
      return `The data folder has no room left, for ${span(reason.forMs)} now. It goes on when there is room.`;
    case 'BUCKET_UNAVAILABLE':
      return `The bucket of artifacts cannot be reached, for ${span(reason.forMs)} now. It goes on when it is back.`;
    case 'ADMISSION_WINDOW':
      return `It waits to be admitted: of at most ${reason.window} requests ${reason.inside} are under way, with ${reason.ahead} before it in the line.`;
    case 'NO_LANE_FOR_MODE':
      return `No lane here makes ${reason.mode} proofs: ${reason.why}.`;
    case 'LANES_BUSY': {
      const free =
        reason.soonestMs === undefined ? '' : `; the first is expected to be free in ${span(reason.soonestMs)}`;
      return `It waits for a lane: ${are(reason.lanes)} busy${free}.`;
    }
    case 'LANES_COOLING': {
      const until = reason.resumesInMs === undefined ? '' : ` for ${span(reason.resumesInMs)} more`;
      return `${are(reason.lanes)} cooling down${until}.${after(reason.last)}`;
    }
    case 'LANES_QUARANTINED': {
      const until =
        reason.resumesInMs === undefined
          ? 'and starts at an operator’s word only'
          : `and starts again in ${span(reason.resumesInMs)}`;
      const cause = reason.last?.code === 'PROOF_INVALID' ? 'proofs of it do not verify' : 'restarting did not help';
      return `${are(reason.lanes)} in quarantine, for ${cause}, ${until}.${after(reason.last)}`;
    }
    case 'LANES_DRAINED':
      return `${are(reason.lanes)} given nothing new, by ${reason.by}: ${reason.why}.`;
    case 'LANES_PREPARING':
      return `${are(reason.lanes)} being prepared by an operator: a program is set up or freed there, and it is given jobs again right after.`;
    case 'LANES_STARTING':
      return `${are(reason.lanes)} starting.`;
    case 'LANES_STOPPED':
      return `${are(reason.lanes)} stopped.`;
    case 'LANE_COLD':
      return `It has lane ${reason.lane}, whose prover is being loaded, for ${span(reason.forMs)} now.`;
    case 'MEMORY_SHORT':
      return `It has lane ${reason.lane} and waits for memory: ${inBytes(reason.missingBytes)} are missing.`;
    case 'TURN_OF_OTHERS':
      return `Before it in the line: ${reason.ahead}, of which ${reason.aheadOfOwn} of its own requester and the rest of ${reason.requesters} more.`;
    case 'SIGNER_ABSENT':
      return `It waits for a key that signs: ${reason.why}.`;
    case 'MOVING':
      return 'It is about to go on: its input is brought, or its last step is being written.';
    case 'RUNNING':
      return `Stage ${reason.stage} runs${onLane(reason.lane)} for ${span(reason.forMs)}${usually(reason.usualMs)}.`;
    case 'SILENT':
      return `Stage ${reason.stage} runs${onLane(reason.lane)} for ${span(reason.forMs)}, far longer than usual${usually(reason.usualMs)}. Look at that lane and its log.`;
  }
}

const onLane = (lane: string | undefined) => (lane === undefined ? '' : ` on ${lane}`);
const usually = (ms: number | undefined) => (ms === undefined ? '' : `; this program usually takes ${span(ms)}`);
const are = (lanes: readonly string[]) => `${lanes.join(', ')} ${lanes.length === 1 ? 'is' : 'are'}`;
const after = (last: Parameters<typeof sentenceOf>[0] | undefined) =>
  last === undefined ? '' : ` ${sentenceOf(last)}`;

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
