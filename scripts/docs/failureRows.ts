// What docs/sdk.md says of each failure beside its code and status: what happened, and what the client can do.
// The tables are made from these rows, in this order. Each failure has a row in one of them.
import type { FailureCode } from '../../src/failures/catalog.js';

/** Codes that mean the same to a client, what happened, what to do. */
export type FailureRow = readonly [codes: readonly FailureCode[], happened: string, advice: string];
/** All four columns of a row that no failure of ours stands for. */
type PlainRow = readonly [string, string, string, string];

/** Answers to gRPC calls. */
export const callRows: ReadonlyArray<FailureRow | PlainRow> = [
  [['TLS_REQUIRED'], 'the service has a certificate, and serves http to its own machine only', 'the https URL'],
  [
    ['PUBLIC_URL_NEEDED'],
    'a proxy in front of the service ends https, and does not tell by which name it was called, or whether it was https',
    'its operator: `--public-url`, or [what the proxy must keep](behind-a-proxy.md)',
  ],
  [
    '–',
    'FAILED_PRECONDITION, `gRPC needs HTTP/2 …`',
    'a proxy in front of the service speaks HTTP/1 to it',
    'its operator: [HTTP/2 to the service](behind-a-proxy.md#http2-to-the-service)',
  ],
  [
    ['TOKEN_MISSING', 'TOKEN_UNKNOWN', 'CERTIFICATE_MISSING'],
    'the service [asks who calls](#token-and-client-certificate)',
    'ask its operator; not with `from_env()`',
  ],
  [['TOKEN_REPLACED'], 'your token was valid a moment ago', '`token.update("…")`: the next try takes the new one'],
  [
    ['REQUESTER_NOT_ALLOWED'],
    'the service has a list of addresses, and that of your key is not on it',
    'ask its operator',
  ],
  [['CIRCUIT_VERSION_UNSUPPORTED', 'VK_UNSUPPORTED'], 'your SDK is 6.0 or 5.x', '[use another](#which-sdk)'],
  [
    ['PROGRAM_NOT_SIGNED_FOR'],
    'mode tee: the program is not on the list of this service',
    'another program, or have its operator list this one (`--tee-programs`)',
  ],
  [
    ['MODE_UNAVAILABLE'],
    'this service cannot make that kind of proof; the sentence says why, most often memory',
    'another kind, or more memory there',
  ],
  [
    ['STAGE_UNAVAILABLE'],
    "none of the service's engines for this work has started; the sentence has the reason",
    'its operator, whose `serve` says the same',
  ],
  [
    ['ELF_CLASS_MISMATCH'],
    'a program built for SP1 5 with an SDK 6, or the other way round',
    'build it with the toolchain of your SDK',
  ],
  [
    ['VK_HASH_MISMATCH'],
    'verifying key and its hash do not belong together',
    'not from a stock SDK: look at who made the call',
  ],
  [
    ['FLAVOUR_UNSUPPORTED', 'STRATEGY_UNSUPPORTED'],
    'the service is a [front of the public network](private-prover.md), and your client is in another mode or asks with another strategy',
    '`network_for(NetworkMode::Reserved)`, `strategy(FulfillmentStrategy::Reserved)`',
  ],
  [
    ['RESERVED_ELSEWHERE'],
    'the public network has another prover reserved for your address; nothing was sent',
    'the operator of the service, who has to reserve it for your address',
  ],
  [
    ['ASSIGNED_ELSEWHERE'],
    'the public network gave the request to another prover, which cannot have its input',
    'the operator of the service, who has to reserve it for your address',
  ],
  [['PROVER_KEY'], 'your key is the one with which the prover signs', 'sign requests with a key of your own'],
  [
    ['DEADLINE_TOO_NEAR'],
    'the deadline is nearer than any proof takes',
    "a later deadline; look at your machine's clock",
  ],
  [
    ['PROGRAM_STORE_REFUSED'],
    "the public network's store did not take the program",
    'ask again from the beginning; the sentence has the status',
  ],
  [['UPSTREAM_UNAVAILABLE'], 'the public network does not answer the service', 'wait: the SDK does'],
  [
    ['PROGRAM_NOT_FOUND'],
    'the program is not registered. The SDK registers before it asks, so: another data folder since',
    'ask again',
  ],
  [['SIGNATURE_INVALID'], 'the signature recovers to no address', 'with a signer of your own: EIP-191, 65 bytes'],
  [['ARTIFACT_NOT_OWNED'], 'uploaded with one key, asked for with another', 'one key for both'],
  [
    ['ARTIFACT_NOT_UPLOADED', 'ARTIFACT_NOT_FOUND'],
    'the input never came, or was not asked for within an hour',
    'ask again: it uploads again',
  ],
  [['REQUEST_CONFLICT'], 'this very upload was asked for before, with other terms', 'ask again'],
  [['DEADLINE_PASSED'], 'a timeout of 0, or a client whose clock is behind', 'set the clock'],
  [
    ['MALFORMED_REQUEST'],
    'a field is not what the wire allows; the sentence names it. `domain`: signed for another network',
    '–',
  ],
  [['REQUEST_NOT_FOUND'], 'no such request here: another service, or another data folder', 'check URL and id'],
  [['REQUEST_NOT_OWNED'], 'cancelled with another key than it was asked for', 'the same key'],
  [['REQUEST_ENDED'], 'cancelled too late: it is fulfilled, failed or expired', '–'],
  [['NONCE_STALE'], 'more than 15 minutes between nonce and request', 'a quicker signer'],
  [
    ['NONCE_MALFORMED'],
    'the header attestation-nonce, which the SDK does not send, is not 64 lower-case hex digits',
    '[32 random bytes](attestation.md#the-service-shows-what-it-is)',
  ],
  [['QUOTE_BUSY'], 'more quotes are asked for than the machine makes', 'a few seconds later'],
  [
    ['QUOTE_UNAVAILABLE'],
    'the machine makes no quote now; the message says why',
    'later; its operator looks at the agent',
  ],
  [
    ['ATTESTATION_REFUSED'],
    'said by [attest proxy](attestation.md#attest-before-you-send): the service is not, or not any more, what its policy names; the sentence has the code',
    'send nothing; `attest verify` shows all checks',
  ],
  [
    ['ARTIFACT_URL_ELSEWHERE'],
    'said by attest proxy: an answer would have led your input past it',
    'the operator of the service: its artifacts must be at its own origin',
  ],
  [
    ['BODY_NOT_SEALED'],
    'the service takes [sealed bodies](attestation.md#sealed-bodies) alone, and this one came in clear',
    'a client that seals',
  ],
  [
    ['BODY_KEY_UNKNOWN'],
    'sealed to a key that the service does not have, most often that of its last start. Over HTTP, calls too, it is 422 with this code in `application/problem+json`',
    'attest again, once',
  ],
  [
    ['BODY_MALFORMED', 'BODY_TRUNCATED'],
    'a sealed body was changed or cut on its way; method, path and content type must arrive as they were sent',
    'look at what is between you and the service',
  ],
  [
    ['RESPONSE_NOT_SEALED'],
    'said by the client: an answer to a sealed request came in clear, so anybody in between can have made it',
    'the same',
  ],
  [
    ['UPSTREAM_UNREACHABLE', 'UPSTREAM_BROKEN'],
    'what stands before the service, a gateway or a proxy of ours, does not reach it, or gets no whole answer; the sentence says why',
    'its operator, if it stays',
  ],
  [
    ['RELAY_BUSY', 'RELAY_DEADLINE'],
    'the gateway has as many exchanges under way as it takes, or one took longer than it may',
    'later; `--deadline` of the gateway',
  ],
  [
    ['BODY_TOO_LARGE'],
    'more than the gateway passes on, or than [`POST /request_proof`](tee-proofs.md#by-http) takes',
    '`--body-limit` of the gateway; `--max-program-size`, `--max-stdin-size`',
  ],
  [['RELAY_LOOP'], 'the gateway leads to itself', 'its operator: `--upstream`'],
  [['QUEUE_FULL', 'DISK_FULL'], 'no room for more', 'later; `--max-open-requests`, or a larger disk'],
  [
    ['REQUESTER_QUEUE_FULL'],
    'your key has as many open requests as one may',
    'wait for some of them; `--max-open-requests-per-address`',
  ],
  [
    ['PROGRAMS_FULL'],
    'your key has registered as many programs as one may',
    'its operator: `--max-programs-per-address`',
  ],
  [['BUCKET_UNAVAILABLE'], 'the service does not reach the store of its artifacts', 'its operator'],
  [['STARTING', 'DRAINING'], 'it starts or stops', 'wait'],
  [['PAUSED'], 'its operators take no new requests for a while', 'wait; the SDK tries for two minutes'],
  [['ABORTED'], 'the call was given up while it ran, by a stop', 'ask again'],
  [['INTERNAL'], 'a fault of ours; the sentence has the reference', 'look it up in the log, and report it'],
  [
    '– ↻',
    'UNAVAILABLE, made by the SDK itself',
    "`tcp connect error`, `dns error`: no service answers at that URL. `invalid peer certificate: UnknownIssuer`: its certificate is not in your system's store",
    'the URL; [https](#token-and-client-certificate)',
  ],
  ['–', 'UNIMPLEMENTED', 'a method that only the public network has', 'do without'],
];

/** Answers to uploads and downloads. */
export const uploadRows: ReadonlyArray<FailureRow | PlainRow> = [
  [['MALFORMED_REQUEST'], 'not HTTP as it should be', 'something between you and the service changes requests'],
  [
    ['ARTIFACT_FORBIDDEN'],
    'the upload URL has expired, or was changed on its way',
    'ask again; check the clock and the proxy',
  ],
  [['TLS_REQUIRED'], 'an http URL, where only https is served', '`--public-url`, `--plaintext`'],
  [['ARTIFACT_NOT_FOUND'], 'no such URL here', 'check `--public-url`'],
  [['ARTIFACT_INCOMPLETE'], 'the connection was cut', '–'],
  [['ARTIFACT_CONFLICT'], 'other bytes came under this URL before', 'ask again'],
  [['ARTIFACT_TOO_LARGE'], 'larger than the limit, decompressed', '`--max-program-size`, `--max-stdin-size`'],
  [['ARTIFACT_MALFORMED'], 'not an ELF, not an `SP1Stdin`, or damaged zstd', 'not from a stock SDK'],
  [['ARTIFACT_CORRUPT'], 'not an upload but a proof: the disk has damaged it', 'ask for the proof again'],
  [
    ['UPLOAD_SPACE_FULL'],
    'uploads have all their room, or those of your key have theirs',
    'wait for some of your requests; `--upload-space`, `--upload-space-per-address`',
  ],
  [['UPLOADS_BUSY'], 'too many uploads wait for their turn', '`--uploads`'],
  ['504 ↻', 'any other', 'busy, stopping, or a full disk', 'as above'],
  [
    'no answer',
    '–',
    '`error sending request for url` ↻: the artifact URL cannot be reached. It has the host that you called, or the one that a proxy in front says you called',
    '`--public-url`; [behind a proxy](behind-a-proxy.md)',
  ],
];

/** Why a request has ended without a proof. */
export const endRows: ReadonlyArray<FailureRow | PlainRow> = [
  [
    ['GUEST_FAILED'],
    'see `RequestUnexecutable`; `INVALID_SYSCALL_USAGE` is also a guest [whose proof no verifier would accept](engine.md#what-no-verifier-accepts), and the sentence says why',
    '',
  ],
  [
    ['VERIFICATION_KEY_MISMATCH'],
    'the ELF has another key here than in your SDK',
    'SDK ≥ 6.8.1; if it is, the wrong ELF was uploaded',
  ],
  [
    ['PUBLIC_VALUES_TOO_LARGE'],
    'mode tee: the guest commits to more than is signed for',
    'commit to a digest; `--tee-max-public-values`',
  ],
  [
    ['SIMULATION_DIFFERS'],
    'the guest commits to something else here than on your machine',
    'the guest depends on more than its input; or `.skip_simulation(true)`',
  ],
  [
    ['PUBLIC_VALUES_MISMATCH'],
    'the proof commits to something else than the execution before it',
    'the guest depends on more than its input',
  ],
  [
    ['PROOF_INVALID'],
    'the proof that was made does not verify, twice',
    "often a guest that [breaks SP1's rules](../examples/README.md#writing-your-own)",
  ],
  [
    ['ATTEMPTS_EXHAUSTED'],
    'three attempts failed, or two in the same words; the sentence ends with that of the last: `ENGINE_LOST`, `ENGINE_REFUSED` or `OUT_OF_MEMORY`',
    'memory, mostly: see the log',
  ],
  [['POISONOUS'], 'two engines died on it', 'report the program'],
  [['NETWORK_GAVE_UP'], 'the public network ended it before there was a proof', 'its cause is that of the network'],
  [
    ['PROVED_ELSEWHERE'],
    'the public network has a proof of it from somebody else',
    'nothing: the status says where that proof is',
  ],
  [['CIRCUITS_MISSING'], 'no files for groth16 or plonk there', '[engine.md](engine.md)'],
  ['`CANCELLED`', '–', 'its owner took it back', ''],
];
