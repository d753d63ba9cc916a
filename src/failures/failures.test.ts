// Users see these sentences as they are, so they are pinned.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Address, type ArtifactId, laneId, type RequestId, type VkHash } from '../ids.js';
import { grpcStatusOf } from '../transport/grpc/failureStatus.js';
import { adminFailures } from './admin.js';
import { definitions, type Failure } from './catalog.js';
import { fail } from './fail.js';
import { sentenceOf } from './sentenceOf.js';
import { workerFailures } from './workers.js';

const id = 'ab'.repeat(32);
const lane = laneId('gpu-0');
const all: Array<[Failure, string]> = [
  [
    fail('MALFORMED_REQUEST', { field: 'vk_hash', problem: 'it must have 32 bytes, not 3' }),
    'The field vk_hash is not valid: it must have 32 bytes, not 3.',
  ],
  [
    fail('PUBLIC_URL_NEEDED', { unknown: 'host' }),
    'A proxy in front of this service ends https and does not tell which host its client named, so there is no safe URL for artifacts. Its operator must give that URL with --public-url, or let the proxy keep the host.',
  ],
  [
    fail('PUBLIC_URL_NEEDED', { unknown: 'scheme' }),
    'A proxy in front of this service does not tell whether its client came by https, so there is no safe URL for artifacts. Its operator must give that URL with --public-url, or let the proxy send x-forwarded-proto.',
  ],
  [
    fail('REQUESTER_NOT_ALLOWED', { requester: '11'.repeat(20) as Address }),
    `The address 0x${'11'.repeat(20)} may not use this service. Ask its operator to put it on the allowlist.`,
  ],
  [
    fail('TOKEN_MISSING'),
    'This service asks for a token and the call has none. Send it with every call as the header authorization: Bearer TOKEN.',
  ],
  [fail('TOKEN_UNKNOWN'), 'The token of this call is not known here. Ask the operator of the service for a valid one.'],
  [fail('TOKEN_REPLACED'), 'The token was replaced; retry with the new one.'],
  [
    fail('CERTIFICATE_MISSING'),
    'This service asks for a client certificate and the connection has shown none that it trusts. Give the client one.',
  ],
  [
    fail('NONCE_MALFORMED'),
    'The nonce to be quoted must be given once, as 64 lower-case hex digits: 32 random bytes of your own.',
  ],
  [
    fail('QUOTE_UNAVAILABLE', { problem: 'the dstack agent did not answer within 10 s' }),
    'No quote can be had of this machine now: the dstack agent did not answer within 10 s. Try again later, or ask the operator of the service.',
  ],
  [fail('QUOTE_BUSY'), 'More quotes are asked for than this machine makes. Try again in a few seconds.'],
  [
    fail('NONCE_STALE', { nonce: '7' }),
    'Invalid nonce 7: it was used before or is too old. Fetch a new one with GetNonce.',
  ],
  [
    fail('PROGRAM_NOT_FOUND', { vkHash: id as VkHash }),
    `No program is registered under vk hash 0x${id}. Register it first.`,
  ],
  [
    fail('PROGRAMS_FULL', { owner: '11'.repeat(20) as Address, limit: 2 }),
    `The address 0x${'11'.repeat(20)} has registered 2 programs, the most that one address may have here. Ask the operator of the service to allow more.`,
  ],
  [
    fail('ARTIFACT_NOT_OWNED', { artifactId: id as ArtifactId, owner: '11'.repeat(20) as Address }),
    `The artifact ${id} belongs to 0x${'11'.repeat(20)}, who did not sign this request.`,
  ],
  [
    fail('REQUEST_NOT_OWNED', { requestId: id as RequestId }),
    `The request 0x${id} belongs to another address than the one that signed this. Sign with the key that asked for it.`,
  ],
  [
    fail('REQUEST_ENDED', { requestId: id as RequestId, state: 'fulfilled' }),
    `The request 0x${id} is fulfilled already: there is nothing left to cancel.`,
  ],
  [
    fail('REQUEST_CONFLICT', { requestId: id as RequestId, field: 'mode' }),
    `This stdin was already submitted as request 0x${id} with another mode. Upload it again for a new request.`,
  ],
  [
    fail('ARTIFACT_TOO_LARGE', { kind: 'stdin', limitBytes: 1.5e9 }),
    'The stdin is larger than the limit of 1.5 GB (decompressed).',
  ],
  [
    fail('MODE_UNAVAILABLE', { mode: 'compressed', reason: 'one needs 18.8 GB of memory, this machine has 8.0 GB' }),
    'This service cannot make compressed proofs: one needs 18.8 GB of memory, this machine has 8.0 GB.',
  ],
  [
    fail('STAGE_UNAVAILABLE', {
      stage: 'prove',
      reason: 'no engine has started for it since the service has (gpu-0: …)',
    }),
    'This service cannot prove anything now: no engine has started for it since the service has (gpu-0: …). Try again later, or ask its operator.',
  ],
  [
    fail('CIRCUIT_VERSION_UNSUPPORTED', { version: 'sp1-v5.0.0', supported: ['sp1-v6.1.0'] }),
    'Circuit version sp1-v5.0.0 is not served here. This service proves sp1-v6.1.0, the circuits of sp1-sdk 6.1.0 to 6.10.0: build the client with one of these.',
  ],
  [
    fail('PROGRAM_NOT_SIGNED_FOR', { vkHash: 'ab'.repeat(32) as VkHash }),
    `Nothing is signed here for the program 0x${'ab'.repeat(32)}: it is not on the list of this service. Ask its operator (--tee-programs).`,
  ],
  [
    fail('VK_UNSUPPORTED', { sizeBytes: 1234, supported: ['sp1-v6.1.0'] }),
    'A vk of 1234 bytes is one of other circuits, of SP1 5 for example. This service proves sp1-v6.1.0, the circuits of sp1-sdk 6.1.0 to 6.10.0: build the client with one of these.',
  ],
  [
    fail('DEADLINE_PASSED', { deadlineAt: 0 }),
    'The deadline 1970-01-01T00:00:00.000Z has passed. Ask with a later one, and check the client’s clock.'.replace(
      '’',
      "'",
    ),
  ],
  [
    fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '9' }),
    'The guest program failed: HALT_WITH_NON_ZERO_EXIT_CODE (exit code 1, after 9 cycles).',
  ],
  [
    fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 3, cycles: '9' }),
    'The guest program failed: HALT_WITH_NON_ZERO_EXIT_CODE (exit code 3, after 9 cycles). With exit code 3 a guest usually says that its input is missing or is not what it reads: check what is written to stdin, in which order and as which types.',
  ],
  [
    fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '9' }),
    'The guest program failed: BREAKPOINT (after 9 cycles).',
  ],
  [
    fail('GUEST_FAILED', { cause: 'INVALID_SYSCALL_USAGE', exitCode: 0, cycles: '9', detail: 'It claims proofs.' }),
    'The guest program failed: INVALID_SYSCALL_USAGE (after 9 cycles). It claims proofs.',
  ],
  [
    fail('ATTEMPTS_EXHAUSTED', { attempts: 3, last: 'ENGINE_LOST' }),
    'All 3 attempts failed, the last with ENGINE_LOST.',
  ],
  [
    fail('ATTEMPTS_EXHAUSTED', {
      attempts: 3,
      last: 'ENGINE_REFUSED',
      lastFailure: fail('ENGINE_REFUSED', { laneId: lane, detail: 'no CUDA device' }),
    }),
    'All 3 attempts failed, the last with ENGINE_REFUSED. The last reason: The engine on lane gpu-0 refused: no CUDA device.',
  ],
  [
    fail('ATTEMPTS_EXHAUSTED', {
      attempts: 2,
      last: 'ENGINE_REFUSED',
      lastFailure: fail('ENGINE_REFUSED', { laneId: lane, detail: 'no' }),
      repeated: true,
    }),
    'All 2 attempts failed with ENGINE_REFUSED and in the same words, so there is no further one. The last reason: The engine on lane gpu-0 refused: no.',
  ],
  [
    fail('POISONOUS', {
      engineDeaths: 2,
      lastFailure: fail('ENGINE_LOST', { laneId: lane, detail: 'signal SIGSEGV', blame: true }),
    }),
    '2 engines died while they worked on this request, so it is not tried again. The last reason: The engine on lane gpu-0 was lost: signal SIGSEGV.',
  ],
  [
    fail('POISONOUS', { engineDeaths: 2 }),
    '2 engines died while they worked on this request, so it is not tried again.',
  ],
  [
    fail('ELF_CLASS_MISMATCH', { elfClass: 32, sp1: 6 }),
    'The ELF is 32-bit, but SP1 6 runs 64-bit ones. Build the program with the toolchain of SP1 6.',
  ],
  [
    fail('VERIFICATION_KEY_MISMATCH', { vkHash: id as VkHash, zeroFillTrap: true }),
    `The program was registered under vk hash 0x${id}, but its real verifying key differs. This ELF is affected by the loader change of SDK 6.8.1: a key made by an SDK up to 6.8.0 does not fit an engine from 6.8.1 on, nor the other way round. Register it with an SDK on the side of the engine.`,
  ],
  [
    fail('VERIFICATION_KEY_MISMATCH', { vkHash: id as VkHash, zeroFillTrap: false }),
    `The program was registered under vk hash 0x${id}, but its real verifying key differs. This ELF is not affected by the loader change of SDK 6.8.1: the key was made from other bytes. Register the ELF that was uploaded.`,
  ],
  [
    fail('VERIFICATION_KEY_MISMATCH', { vkHash: id as VkHash }),
    `The program was registered under vk hash 0x${id}, but its real verifying key differs. An SDK on the other side of 6.8.1 is the usual reason.`,
  ],
  [
    fail('SIMULATION_DIFFERS', { announced: 'aa'.repeat(32), found: id }),
    `The guest commits to public values of digest 0x${id} here, but to 0x${'aa'.repeat(32)} when the client ran it. Does its outcome depend on more than its input?`,
  ],
  [fail('OUT_OF_MEMORY', { laneId: lane }), 'The engine on lane gpu-0 was ended because memory ran out.'],
  [
    fail('REQUESTER_QUEUE_FULL', { requester: '11'.repeat(20) as Address, limit: 2 }),
    `The address 0x${'11'.repeat(20)} has 2 open requests, the most that one address may have. Try again when some have ended.`,
  ],
  [fail('UPLOADS_BUSY', { waiting: 9 }), '9 uploads wait for their turn already. Try again in a moment.'],
  [
    fail('UPLOAD_SPACE_FULL', { limitBytes: 64e9, owner: undefined }),
    'Uploads have all the room that they may take here, 64.0 GB. Try again when requests have ended.',
  ],
  [
    fail('UPLOAD_SPACE_FULL', { limitBytes: 1e6, owner: '11'.repeat(20) as Address }),
    `The uploads of 0x${'11'.repeat(20)} have all the room that one address may take here, 1.0 MB. Try again when its requests have ended.`,
  ],
  [fail('DISK_FULL'), 'The data folder has no room left. Nothing was lost; try again when there is room.'],
  [fail('BUCKET_UNAVAILABLE'), 'The store of artifacts cannot be reached. Nothing was lost; try again later.'],
  [
    fail('PROGRAM_STORE_REFUSED', { httpStatus: 403 }),
    'The store of the network did not take the program (HTTP 403). Its upload URL may have expired: begin again with CreateArtifact.',
  ],
  [fail('DRAINING'), 'The service is stopping. Try again when it is back.'],
  [
    fail('PAUSED', { untilAt: 1_700_000_000_000 }),
    'New requests are not taken for now: the operators have paused intake. It opens again by 2023-11-14T22:13:20.000Z.',
  ],
  [
    fail('WORKER_MISMATCHED', { what: 'version', front: '1.2.0', worker: '1.1.0' }),
    'This front is version 1.2.0 and the worker is version 1.1.0. Install the same on both machines.',
  ],
  [
    fail('WORKER_MISMATCHED', { what: 'circuits', front: 'sp1-v6.1.0', worker: 'sp1-v5.0.0' }),
    'This front proves the circuits sp1-v6.1.0 and the worker sp1-v5.0.0. Install the same version on both machines.',
  ],
  [
    fail('WORKER_REPLACED', { name: 'gpu-a' }),
    'Another process works here as gpu-a now. If this machine is a further one, give it a name of its own with --name.',
  ],
  [fail('WORKER_UNKNOWN'), 'This front does not know that worker any more. It must register again.'],
  [
    fail('WORKER_NAME_TAKEN', { name: 'gpu-a' }),
    'A worker with another certificate works here as gpu-a. Give this one another name with --name, or wait until that one has gone.',
  ],
  [fail('LEASE_LOST'), 'This lease is not held any more. Its job is done elsewhere, or given up.'],
];

describe('sentences', () => {
  for (const [failure, sentence] of all) it(failure.code, () => assert.equal(sentenceOf(failure), sentence));
});

describe('what a client is told', () => {
  const codeOf = (failure: Failure) => grpcStatusOf(failure).code;

  it('rule 9: is to try again only where that can help', () => {
    for (const failure of [
      fail('QUEUE_FULL', { limit: 1 }),
      fail('STARTING'),
      fail('DRAINING'),
      fail('DISK_FULL'),
      fail('BUCKET_UNAVAILABLE'),
    ])
      assert.equal(codeOf(failure), 14);
    assert.equal(codeOf(fail('NONCE_STALE', { nonce: '1' })), 10);
    assert.equal(codeOf(fail('PROGRAM_NOT_FOUND', { vkHash: id as VkHash })), 5);
    assert.equal(codeOf(fail('MALFORMED_REQUEST', { field: 'x', problem: 'y' })), 3);
    assert.equal(codeOf(fail('ELF_CLASS_MISMATCH', { elfClass: 32, sp1: 6 })), 3);
  });

  it('is final where it is kept out, but for a token that was just replaced', () => {
    for (const failure of [fail('TOKEN_MISSING'), fail('TOKEN_UNKNOWN'), fail('CERTIFICATE_MISSING')])
      assert.equal(codeOf(failure), 16);
    assert.equal(codeOf(fail('REQUESTER_NOT_ALLOWED', { requester: '11'.repeat(20) as Address })), 7);
    assert.equal(codeOf(fail('TOKEN_REPLACED')), 14);
  });

  it('is explained in docs/sdk.md, whatever it is, unless only operators meet it', () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
    const codes = Object.keys(definitions).filter(
      (code) => !Object.hasOwn({ ...adminFailures, ...workerFailures }, code),
    );
    assert.ok(codes.length > 30);
    const page = read('../../docs/sdk.md');
    assert.deepEqual(
      codes.filter((code) => !page.includes(`\`${code}\``)),
      [],
    );
  });

  it('is to try again where an address has too much that ends by itself, and not where it does not', () => {
    const owner = '11'.repeat(20) as Address;
    assert.equal(codeOf(fail('REQUESTER_QUEUE_FULL', { requester: owner, limit: 1 })), 14);
    assert.equal(codeOf(fail('PROGRAMS_FULL', { owner, limit: 1 })), 8);
  });
});
