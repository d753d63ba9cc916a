// One sentence a failure, built from its data: what happened, the facts, what to try. Pinned by a test, shown to users as it is.
import type { Failure } from './errors.js';

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
const size = (bytes: number) => (bytes >= 1e9 ? gigabytes(bytes) : `${(bytes / 1e6).toFixed(1)} MB`);
const time = (epochMs: number) => new Date(epochMs).toISOString();

/** Which SDKs have them is a fact of SP1's releases: SP1_CIRCUIT_VERSION in each. */
const servedHere = ({ supported }: { supported: readonly string[] }) =>
  `This service proves ${supported.join(', ')}, the circuits of sp1-sdk 6.1.0 to 6.10.0: build the client with one of these.`;

/** Never holds input, witness or key bytes: failures carry none. */
export function sentenceOf(failure: Failure): string {
  switch (failure.code) {
    case 'MALFORMED_REQUEST':
      return `The field ${failure.field} is not valid: ${failure.problem}.`;
    case 'TLS_REQUIRED':
      return 'This service is reached by TLS from here. Use its https URL.';
    case 'SIGNATURE_INVALID':
      return 'The signature does not recover to an address. Sign the body as received, EIP-191, 65 bytes r‖s‖v.';
    case 'REQUESTER_NOT_ALLOWED':
      return `The address 0x${failure.requester} may not use this service. Ask its operator to put it on the allowlist.`;
    case 'TOKEN_MISSING':
      return 'This service asks for a token and the call has none. Send it with every call as the header authorization: Bearer TOKEN.';
    case 'TOKEN_UNKNOWN':
      return 'The token of this call is not known here. Ask the operator of the service for a valid one.';
    case 'TOKEN_REPLACED':
      return 'The token was replaced; retry with the new one.';
    case 'CERTIFICATE_MISSING':
      return 'This service asks for a client certificate and the connection has shown none that it trusts. Give the client one.';
    case 'NONCE_STALE':
      return `Invalid nonce ${failure.nonce}: it was used before or is too old. Fetch a new one with GetNonce.`;
    case 'PROGRAM_NOT_FOUND':
      return `No program is registered under vk hash 0x${failure.vkHash}. Register it first.`;
    case 'PROGRAMS_FULL':
      return `The address 0x${failure.owner} has registered ${failure.limit} programs, the most that one address may have here. Ask the operator of the service to allow more.`;
    case 'VK_HASH_MISMATCH':
      return `The verifying key hashes to 0x${failure.computed}, not to the given 0x${failure.vkHash}.`;
    case 'REQUEST_NOT_FOUND':
      return `No request 0x${failure.requestId} is known here.`;
    case 'REQUEST_NOT_OWNED':
      return `The request 0x${failure.requestId} belongs to another address than the one that signed this. Sign with the key that asked for it.`;
    case 'REQUEST_ENDED':
      return `The request 0x${failure.requestId} is ${failure.state} already: there is nothing left to cancel.`;
    case 'ARTIFACT_NOT_FOUND':
      return `No artifact ${failure.artifactId} is stored here. Its retention may have ended.`;
    case 'ARTIFACT_FORBIDDEN':
      return `This URL does not allow the upload: ${failure.problem}. Ask for a new one with CreateArtifact.`;
    case 'ARTIFACT_NOT_OWNED':
      return `The artifact ${failure.artifactId} belongs to 0x${failure.owner}, who did not sign this request.`;
    case 'ARTIFACT_NOT_UPLOADED':
      return `The artifact ${failure.artifactId} has not been uploaded. PUT it to its URL first, then ask again.`;
    case 'ARTIFACT_TOO_LARGE':
      return `The ${failure.kind} is larger than the limit of ${size(failure.limitBytes)} (decompressed).`;
    case 'ARTIFACT_MALFORMED':
      return `The ${failure.kind} cannot be read: ${failure.problem}.`;
    case 'ARTIFACT_CONFLICT':
      return `Other bytes were stored as ${failure.artifactId} before. Create a new artifact for new bytes.`;
    case 'ARTIFACT_INCOMPLETE':
      return `The upload of ${failure.artifactId} ended after ${failure.receivedBytes} bytes. Send it again, whole.`;
    case 'ARTIFACT_CORRUPT':
      return `The stored bytes of ${failure.artifactId} are damaged: their digest is not the recorded one. Upload them again.`;
    case 'REQUEST_CONFLICT':
      return `This stdin was already submitted as request 0x${failure.requestId} with another ${failure.field}. Upload it again for a new request.`;
    case 'MODE_UNAVAILABLE':
      return `This service cannot make ${failure.mode} proofs: ${failure.reason}.`;
    case 'CIRCUIT_VERSION_UNSUPPORTED':
      return `Circuit version ${failure.version} is not served here. ${servedHere(failure)}`;
    case 'VK_UNSUPPORTED':
      return `A vk of ${failure.sizeBytes} bytes is one of other circuits, of SP1 5 for example. ${servedHere(failure)}`;
    case 'DEADLINE_PASSED':
      return `The deadline ${time(failure.deadlineAt)} has passed. Ask with a later one, and check the client's clock.`;
    case 'QUEUE_FULL':
      return `The queue is full (${failure.limit} open requests). Try again later.`;
    case 'REQUESTER_QUEUE_FULL':
      return `The address 0x${failure.requester} has ${failure.limit} open requests, the most that one address may have. Try again when some have ended.`;
    case 'UPLOADS_BUSY':
      return `${failure.waiting} uploads wait for their turn already. Try again in a moment.`;
    case 'UPLOAD_SPACE_FULL':
      return failure.owner === undefined
        ? `Uploads have all the room that they may take here, ${size(failure.limitBytes)}. Try again when requests have ended.`
        : `The uploads of 0x${failure.owner} have all the room that one address may take here, ${size(failure.limitBytes)}. Try again when its requests have ended.`;
    case 'STARTING':
      return 'The service is starting. Try again in a moment.';
    case 'DRAINING':
      return 'The service is stopping. Try again when it is back.';
    case 'DISK_FULL':
      return 'The data folder has no room left. Nothing was lost; try again when there is room.';
    case 'ELF_CLASS_MISMATCH':
      return `The ELF is ${failure.elfClass}-bit, but SP1 ${failure.sp1} runs ${failure.sp1 === 5 ? 32 : 64}-bit ones. Build the program with the toolchain of SP1 ${failure.sp1}.`;
    case 'BUCKET_UNAVAILABLE':
      return 'The store of artifacts cannot be reached. Nothing was lost; try again later.';
    case 'VERIFICATION_KEY_MISMATCH':
      return `The program was registered under vk hash 0x${failure.vkHash}, but its real verifying key differs. ${reasonOfMismatch(failure.zeroFillTrap)}`;
    case 'GUEST_FAILED':
      return `The guest program failed: ${failure.cause} (exit code ${failure.exitCode}, after ${failure.cycles} cycles).`;
    case 'PUBLIC_VALUES_MISMATCH':
      return 'The proof commits to other public values than the execution did.';
    case 'SIMULATION_DIFFERS':
      return `The guest commits to public values of digest 0x${failure.found} here, but to 0x${failure.announced} when the client ran it. Does its outcome depend on more than its input?`;
    case 'ENGINE_LOST':
      return `The engine on lane ${failure.laneId} was lost: ${failure.detail}.`;
    case 'ENGINE_REFUSED':
      return `The engine on lane ${failure.laneId} refused: ${failure.detail}.`;
    case 'CIRCUITS_MISSING':
      return `The circuit files for this mode are missing: ${failure.detail}.`;
    case 'OUT_OF_MEMORY':
      return `The engine on lane ${failure.laneId} was ended because memory ran out.`;
    case 'PROOF_INVALID':
      return `The engine made a proof that does not verify: ${failure.reason}.`;
    case 'POISONOUS':
      return `${failure.engineDeaths} engines died while they worked on this request, so it is not tried again.`;
    case 'ATTEMPTS_EXHAUSTED':
      return `All ${failure.attempts} attempts failed, the last with ${failure.last}.`;
    case 'CANCELLED':
      return 'The request was cancelled.';
    case 'ABORTED':
      return 'The work was given up before it ended.';
    case 'INTERNAL':
      return `Something went wrong here. The log says more under ${failure.reference}.`;
  }
}

/** The trap works in both directions: only the comparison tells that the client and the engine are on different sides. */
function reasonOfMismatch(zeroFillTrap: boolean | undefined): string {
  if (zeroFillTrap === undefined) return 'An SDK on the other side of 6.8.1 is the usual reason.';
  return zeroFillTrap
    ? 'This ELF is affected by the loader change of SDK 6.8.1: a key made by an SDK up to 6.8.0 does not fit an engine from 6.8.1 on, nor the other way round. Register it with an SDK on the side of the engine.'
    : 'This ELF is not affected by the loader change of SDK 6.8.1: the key was made from other bytes. Register the ELF that was uploaded.';
}
