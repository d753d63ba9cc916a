// The stock SDK, step by step as its source has it, for suites that talk to a running service: which calls in which order, with which
// bytes, and what it makes of the answers. Where the real one would panic, this one throws.
import { randomBytes } from 'node:crypto';
import { createSigner, type Signer } from '../../client/signer.js';
import { holdingClock } from '../../clock.js';
import { Fields, message } from './fields.js';
import { programOf, type SampleProgram } from './program.js';
import { code, openTonic, type Tonic, TonicStatus } from './tonic.js';
import { type HttpAnswer, httpExchange, zstdFrame } from './transfer.js';
import { proofRequestKinds, type SdkFlavour, type SdkVersion } from './versions.js';

const artifactType = { program: 1n, stdin: 2n, privateStdin: 7n } as const;
const strategyOf = { base: 1n, auction: 3n } as const;
export const fulfilment = { assigned: 2n, fulfilled: 3n, unfulfillable: 4n } as const;
export const execution = { unexecuted: 1n, executed: 2n, unexecutable: 3n } as const;
export const unlimited = 2n ** 64n - 1n;
/** Of circuits: what `version` says in every SDK from 6.1.0 on, and what is proved here. */
const circuitVersion = 'sp1-v6.1.0';

/** The SDK waits a second after a first failure and two between polls. Tests need not wait (ms). */
const pauseMs = 50;
/** As the SDK: a service that starts again on a busy machine takes half a minute (ms). */
const retryBudgetMs = 120_000;

export interface ProofTerms {
  readonly mode?: bigint;
  readonly strategy?: bigint;
  readonly version?: string;
  readonly cycleLimit?: bigint;
  readonly gasLimit?: bigint;
  /** Seconds since the epoch. */
  readonly deadline?: bigint;
  readonly isPrivate?: boolean;
  /** What a simulation found; auction only. */
  readonly publicValuesHash?: Uint8Array;
}

/** All that stays the same over the retries of one `request()`. */
export type PreparedRequest = Required<Omit<ProofTerms, 'publicValuesHash'>> & {
  readonly stdinUri: string;
  readonly publicValuesHash: Uint8Array | undefined;
  readonly params: Fields | undefined;
};

export class Sdk {
  readonly signer: Signer;
  readonly version: SdkVersion;
  readonly flavour: SdkFlavour;
  readonly program: SampleProgram;
  /** Of all URLs that it has been given for uploads and proofs. */
  readonly origins = new Set<string>();
  readonly #tonic: Tonic;
  readonly #ca: string | undefined;

  constructor(
    url: string,
    version: SdkVersion,
    flavour: SdkFlavour,
    { keyByte = 1, program = programOf(), ca }: { keyByte?: number; program?: SampleProgram; ca?: string } = {},
  ) {
    this.version = version;
    this.flavour = flavour;
    this.program = program;
    this.signer = createSigner(Buffer.alloc(32, keyByte).toString('hex'));
    this.#tonic = openTonic(url, { userAgent: version.userAgent, shared: version.sharesConnection, ca });
    this.#ca = ca;
  }

  get address(): Buffer {
    return Buffer.from(this.signer.address, 'hex');
  }

  close(): void {
    this.#tonic.close();
  }

  call(method: string, bytes: Uint8Array, service = 'network.ProverNetwork'): Promise<Uint8Array> {
    return this.#tonic.call(`/${service}/${method}`, bytes);
  }

  /** A call whose answer never arrives. */
  lose(method: string, bytes: Uint8Array): Promise<void> {
    return this.#tonic.lose(`/network.ProverNetwork/${method}`, bytes);
  }

  /** {…}R of the SDK: everything in it is done again after a status that may pass. */
  async attempt<T>(operation: () => Promise<T>): Promise<T> {
    const givesUpAt = holdingClock.steady() + retryBudgetMs;
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        const passing = error instanceof TonicStatus && [4, 10, 13, 14].includes(error.code);
        if (!passing || holdingClock.steady() > givesUpAt) throw error;
        await pause();
      }
    }
  }

  async nonce(): Promise<bigint> {
    return new Fields(await this.call('GetNonce', message({ 1: this.address })), { 1: 'varint' }).number(1);
  }

  /** Answers whether it had to be registered. */
  async register(): Promise<boolean> {
    const { vkHash, vk, artifact } = this.program;
    const known = await this.attempt(async () => {
      try {
        await this.call('GetProgram', message({ 1: vkHash }));
        return true;
      } catch (error) {
        if (error instanceof TonicStatus && error.code === code.notFound) return false;
        throw error;
      }
    });
    if (known) return false;
    const programUri = await this.upload(artifactType.program, artifact);
    await this.attempt(async () =>
      this.createProgram(message({ 1: await this.nonce(), 2: vkHash, 3: vk, 4: programUri })),
    );
    return true;
  }

  createProgram(body: Uint8Array): Promise<Uint8Array> {
    return this.call('CreateProgram', this.signed(body));
  }

  /** Before 6.2.2 CreateArtifact was in no retry loop; neither is it here. */
  async upload(type: bigint, artifact: Uint8Array): Promise<string> {
    const created = message({ 1: this.signer.signArtifactCreation(), 2: type });
    const answer = new Fields(await this.call('CreateArtifact', created, 'artifact.ArtifactStore'), {
      1: 'length',
      2: 'length',
    });
    const body = this.version.compresses ? zstdFrame(artifact) : artifact;
    const { status, body: notice } = await this.#transfer('PUT', answer.text(2), body);
    if (status < 200 || status > 299) throw new Error(`PUT: HTTP ${status} ${notice}`);
    return answer.text(1);
  }

  async prepare(stdin: Uint8Array, terms: ProofTerms = {}): Promise<PreparedRequest> {
    const { mode = 1n, isPrivate = false } = terms;
    const params = this.flavour === 'auction' ? await this.attempt(() => this.#params(mode)) : undefined;
    const type = isPrivate && this.version.knowsPrivate ? artifactType.privateStdin : artifactType.stdin;
    return {
      strategy: strategyOf[this.flavour],
      version: circuitVersion,
      cycleLimit: unlimited,
      gasLimit: unlimited,
      deadline: BigInt(Math.floor(holdingClock.now() / 1000) + 3_600),
      publicValuesHash: undefined,
      ...terms,
      mode,
      isPrivate,
      params,
      stdinUri: await this.upload(type, stdin),
    };
  }

  async #params(mode: bigint): Promise<Fields> {
    const answer = await this.call('GetProofRequestParams', message({ 1: mode }));
    const params = new Fields(answer, { ...lengths(1, 2, 3, 4, 5, 6, 7), 8: 'varint' });
    for (const address of [2, 3, 4, 7]) assertLength(params.bytes(address), 20);
    for (const price of [5, 6]) if (!/^\d+$/.test(params.text(price))) throw new Error('panic: not a u64');
    return params;
  }

  async provers(highAvailabilityOnly: boolean): Promise<readonly Uint8Array[]> {
    const answer = await this.call('GetProversByUptime', message({ 1: highAvailabilityOnly }));
    return new Fields(answer, lengths(1)).all(1);
  }

  /** The bytes that are signed, for this nonce. */
  async body(prepared: PreparedRequest, nonce: bigint): Promise<Uint8Array> {
    const { params, isPrivate } = prepared;
    const known = isPrivate && this.version.knowsPrivate;
    const common = {
      1: nonce,
      2: this.program.vkHash,
      3: prepared.version,
      4: prepared.mode,
      5: prepared.strategy,
      6: prepared.stdinUri,
      7: prepared.deadline,
      8: prepared.cycleLimit,
      9: prepared.gasLimit,
      10: this.version.minAuctionPeriod,
    };
    if (params === undefined) return message({ ...common, 12: known });
    return message({
      ...common,
      11: await this.provers(false),
      12: params.bytes(1),
      13: params.bytes(2),
      14: params.bytes(3),
      15: params.bytes(4),
      16: prepared.publicValuesHash,
      17: params.text(6),
      18: params.text(5),
      20: params.bytes(7),
      21: known,
    });
  }

  /** The id in hex. */
  async requestOnce(prepared: PreparedRequest): Promise<string> {
    return this.sendBody(await this.body(prepared, await this.nonce()));
  }

  async sendBody(body: Uint8Array): Promise<string> {
    const answer = new Fields(await this.call('RequestProof', this.signed(body)), lengths(1, 2));
    assertLength(answer.bytes(1), 32);
    const requestId = new Fields(answer.bytes(2), lengths(1)).bytes(1);
    assertLength(requestId, 32);
    return Buffer.from(requestId).toString('hex');
  }

  /** All of `request()`. */
  async request(stdin: Uint8Array, terms?: ProofTerms): Promise<string> {
    const prepared = await this.prepare(stdin, terms);
    return this.attempt(() => this.requestOnce(prepared));
  }

  /** One GetProofRequestStatus. Enums that the schemas do not have would make old versions panic. */
  async status(requestId: string): Promise<Fields> {
    const answer = await this.call('GetProofRequestStatus', message({ 1: bytes(requestId) }));
    const status = new Fields(answer, { 1: 'varint', 2: 'varint', ...lengths(3, 5, 6, 7, 8), 4: 'varint' });
    if (status.number(1) > fulfilment.unfulfillable || status.number(2) > execution.unexecutable) {
      throw new Error('panic: unknown status');
    }
    assertLength(status.bytes(3), 32);
    return status;
  }

  /** Polls to the end as this version decides it. Resolves with the proof, or with why there is none. */
  async wait(requestId: string): Promise<Buffer | 'timed out' | 'unexecutable' | 'unfulfillable'> {
    for (;;) {
      const status = await this.attempt(() => this.status(requestId));
      const isLate = BigInt(Math.floor(holdingClock.now() / 1000)) > status.number(4);
      if (isLate && !this.version.takesLateProofs) return 'timed out';
      if (status.number(1) === fulfilment.fulfilled) return this.download(status.text(6));
      if (status.number(2) === execution.unexecutable) return 'unexecutable';
      if (status.number(1) === fulfilment.unfulfillable) return 'unfulfillable';
      if (isLate) return 'timed out';
      await pause();
    }
  }

  #transfer(method: 'PUT' | 'GET', url: string, body?: Uint8Array): Promise<HttpAnswer> {
    this.origins.add(new URL(url).origin);
    return httpExchange(method, url, body, this.#ca);
  }

  /** Not retried, whatever goes wrong. */
  async download(proofUri: string): Promise<Buffer> {
    const { status, body } = await this.#transfer('GET', proofUri);
    if (status !== 200) throw new Error(`GET: HTTP ${status} ${body}`);
    return body;
  }

  /** ProofRequest, read by the schema that this version uses in this mode. */
  async details(requestId: string): Promise<Fields> {
    const answer = await this.attempt(() => this.call('GetProofRequestDetails', message({ 1: bytes(requestId) })));
    const schema = this.version.confusesDetails ? 'auction' : this.flavour;
    return new Fields(new Fields(answer, lengths(1)).bytes(1), proofRequestKinds[schema]);
  }

  /** Requests of this key, read by this flavour's schema. `filter`: further fields of the request. */
  async list(filter: Parameters<typeof message>[0] = {}): Promise<Fields[]> {
    const answer = await this.call('GetFilteredProofRequests', message({ 6: this.address, ...filter }));
    return new Fields(answer, lengths(1)).all(1).map((each) => new Fields(each, proofRequestKinds[this.flavour]));
  }

  /** `cancel_request`, which only Mainnet mode sends. */
  async cancel(requestId: string): Promise<void> {
    await this.attempt(async () => this.cancelWith(requestId, await this.nonce()));
  }

  cancelWith(requestId: string, nonce: bigint): Promise<Uint8Array> {
    return this.call('CancelRequest', this.signed(message({ 1: nonce, 2: bytes(requestId) })));
  }

  /** The envelope of every signed call. */
  signed(body: Uint8Array): Uint8Array {
    return message({ 1: 1n, 2: this.signer.sign(body), 3: body });
  }
}

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const lengths = (...numbers: number[]) => Object.fromEntries(numbers.map((number) => [number, 'length'] as const));
const pause = () => new Promise<void>((resolve) => holdingClock.wakeIn(pauseMs, resolve));

function assertLength(found: Uint8Array, length: number): void {
  if (found.byteLength !== length) throw new Error(`panic: ${found.byteLength} bytes where there must be ${length}`);
}

/** A stdin artifact that no other test has. */
export const freshText = () => randomBytes(8).toString('hex');
