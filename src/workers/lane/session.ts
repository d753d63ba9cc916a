// A lane's side of the conversation with its engine, on the worker thread: which programs are set up, what each job asks in
// which order, and what its answers mean.
import { createHash } from 'node:crypto';
import type { EngineInfo, EngineKind } from '../../engines/engine.js';
import type {
  Executed,
  ExecuteJob,
  Job,
  Progress,
  ProgressStage,
  ProofMode,
  ProveJob,
  ProvenFile,
  ResultOf,
  SetUp,
  Verification,
  VerifyJob,
} from '../../engines/jobs.js';
import * as requests from '../../engines/requests.js';
import { type EngineTraits, mostPrograms, traitsOf } from '../../engines/traits.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { failed, type Outcome, succeeded } from '../../failures/outcome.js';
import type { LaneId, RequestId, Sha256 } from '../../ids.js';
import type { Measured, StoredFile } from '../../storedBytes/storedFile.js';
import { anyProgram } from './anyProgram.js';
import { isDigestOf } from './committedDigest.js';
import { type Expectation, LaneConnection, type Reply } from './connection.js';
import { guestFailureCause, mayHaveForgotten, refusalOf } from './failures.js';
import { ProofSink } from './proofSink.js';

/** What the engine answered to Setup, in hex. */
interface SetUpProgram {
  readonly key: string;
  readonly vk: string;
}

/** What there is to say of a stage in which the engine says nothing. */
const begun = (stage: ProgressStage): Progress => ({ stage, done: 0, total: 0, cycles: 0 });

/** Called about the call that is running. */
export type Watch = Pick<Expectation, 'onProgress' | 'onLastByte'>;

export class LaneSession {
  readonly #laneId: LaneId;
  readonly #kind: EngineKind;
  readonly #traits: EngineTraits;
  readonly #socketPath: string;
  readonly #onLost: (connection: number, failure: Failure) => void;
  #connection: LaneConnection | undefined;
  #connections = 0;
  /** By SHA-256 of the program artifact, least recently used first. */
  readonly #programs = new Map<Sha256, SetUpProgram>();

  constructor(
    laneId: LaneId,
    kind: EngineKind,
    socketPath: string,
    onLost: (connection: number, failure: Failure) => void,
  ) {
    this.#laneId = laneId;
    this.#kind = kind;
    this.#traits = traitsOf[kind];
    this.#socketPath = socketPath;
    this.#onLost = onLost;
  }

  /** Number of the open connection, from 1, or 0 when there is none. */
  get connection(): number {
    return this.#connection?.open ? this.#connections : 0;
  }

  get programs(): Sha256[] {
    return this.connection > 0 ? [...this.#programs.keys()] : [];
  }

  /** Tries once. A new connection knows no programs. */
  async connect(): Promise<{ accepted: true } | { accepted: false; reason: string }> {
    this.cut(fail('ABORTED'));
    this.#programs.clear();
    const number = ++this.#connections;
    const onLost = (failure: Failure) => this.#onLost(number, failure);
    try {
      this.#connection = await LaneConnection.open(this.#socketPath, this.#laneId, onLost);
      return { accepted: true };
    } catch (error) {
      return { accepted: false, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' };
    }
  }

  cut(failure: Failure): void {
    this.#connection?.cut(failure);
  }

  async info(watch: Watch): Promise<Outcome<EngineInfo>> {
    if (!this.#traits.describesItself) {
      return failed(
        fail('ENGINE_REFUSED', { laneId: this.#laneId, detail: 'sp1-gpu-server does not describe itself' }),
      );
    }
    const reply = await this.#ask(requests.infoFrame(), { ...watch, blame: false });
    if (!reply.ok) return reply;
    return reply.value.kind === 'info' ? succeeded(reply.value.info) : this.#refused(reply.value, false);
  }

  async waitReady(mode: ProofMode, watch: Watch): Promise<Outcome<undefined>> {
    if (this.#traits.loadsBySetUp) return this.#loadByUse(watch);
    return this.#expectOk(requests.waitReadyFrame(mode), watch);
  }

  /** sp1-gpu-server builds its prover at a connection's first Setup, whatever the program is, and says nothing meanwhile. */
  async #loadByUse(watch: Watch): Promise<Outcome<undefined>> {
    watch.onProgress(begun('loading'));
    const reply = await this.#ask(requests.setupElfFrame(await anyProgram()), { ...watch, blame: false });
    if (!reply.ok) return reply;
    if (reply.value.kind !== 'setup') return this.#refused(reply.value, false);
    return this.#expectOk(requests.destroyFrame(Buffer.from(reply.value.key, 'hex')), watch);
  }

  async run(job: Job, watch: Watch): Promise<Outcome<ResultOf[keyof ResultOf]>> {
    switch (job.stage) {
      case 'execute':
        return this.#execute(job, watch);
      case 'setup':
        return this.setUp(job.program, watch);
      case 'prove':
        return this.#prove(job, watch);
      case 'verify':
        return this.#verify(job, watch);
    }
  }

  async setUp(program: StoredFile, watch: Watch): Promise<Outcome<SetUp>> {
    const setUp = await this.#setUp(program, watch);
    return setUp.ok ? succeeded({ vk: setUp.value.vk }) : setUp;
  }

  async forget(program: Sha256, watch: Watch): Promise<Outcome<undefined>> {
    const found = this.#programs.get(program);
    if (found === undefined) return succeeded(undefined);
    this.#programs.delete(program);
    return this.#expectOk(requests.destroyFrame(Buffer.from(found.key, 'hex')), watch);
  }

  async #execute(job: ExecuteJob, watch: Watch): Promise<Outcome<Executed>> {
    const reply = await this.#ask(requests.executeFrame(job), { ...watch, blame: true });
    if (!reply.ok) return reply;
    if (reply.value.kind !== 'executed') return this.#refused(reply.value, true);
    const { cause: causeNumber, exitCode, cycles, gas, publicValues, text } = reply.value;
    if (causeNumber !== 0) {
      const cause = guestFailureCause(causeNumber);
      if (cause === undefined) return this.#leftProtocol(`unknown failure cause ${causeNumber}`);
      // Of the network's causes this one stands for many: the engine says which.
      const detail = cause === 'INVALID_SYSCALL_USAGE' && text !== '' ? { detail: text } : {};
      return failed(fail('GUEST_FAILED', { cause, exitCode, cycles, ...detail }));
    }
    const publicValuesHash = createHash('sha256').update(publicValues).digest('hex') as Sha256;
    if (publicValuesHash !== reply.value.publicValuesHash) return this.#leftProtocol('wrong hash of public values');
    const announced = job.announcedDigest;
    if (announced !== undefined && !isDigestOf(publicValues, announced)) {
      return failed(fail('SIMULATION_DIFFERS', { announced, found: publicValuesHash }));
    }
    const executed = { cycles, gas, publicValuesHash };
    if (job.alone === undefined) return succeeded(executed);
    // The engine says which guests have failed. One that names no cause and yet another exit code than 0 is not believed.
    if (exitCode !== 0) return this.#leftProtocol('success with another exit code than 0');
    const kept = await this.#keep(publicValues, job.alone, job.requestId);
    return kept.ok ? succeeded({ ...executed, publicValues: kept.value }) : kept;
  }

  async #keep(
    publicValues: Uint8Array,
    { publicValues: file, limitBytes }: NonNullable<ExecuteJob['alone']>,
    requestId: RequestId,
  ): Promise<Outcome<Measured>> {
    const sizeBytes = publicValues.byteLength;
    if (sizeBytes > limitBytes) return failed(fail('PUBLIC_VALUES_TOO_LARGE', { sizeBytes, limitBytes }));
    const sink = new ProofSink(file, `lane ${this.#laneId}: writing the public values of ${requestId}`);
    sink.open();
    sink.write(publicValues);
    return await sink.finish();
  }

  async #prove(job: ProveJob, watch: Watch): Promise<Outcome<ProvenFile>> {
    const program = await this.#setUp(job.program, watch);
    if (!program.ok) return program;
    if (program.value.vk !== job.vk) {
      const { vkHash, zeroFillTrap } = job;
      return failed(fail('VERIFICATION_KEY_MISMATCH', { vkHash, ...(zeroFillTrap !== undefined && { zeroFillTrap }) }));
    }
    const key = Buffer.from(program.value.key, 'hex');
    if (!this.#traits.reportsProgress) watch.onProgress(begun('proving'));
    const proof = new ProofSink(job.output, `lane ${this.#laneId}: writing the proof of ${job.requestId}`);
    const frame = requests.proveFrame(this.#kind, job.mode, key, job.stdin);
    const reply = await this.#ask(frame, { ...watch, proof, blame: true });
    if (!reply.ok) return reply;
    if (reply.value.kind === 'proof') return succeeded(reply.value.file);
    if (mayHaveForgotten(reply.value)) this.#programs.delete(job.program.sha256);
    return this.#refused(reply.value, true);
  }

  async #verify(job: VerifyJob, watch: Watch): Promise<Outcome<Verification>> {
    const frame = requests.verifyFrame(Buffer.from(job.vk, 'hex'), job.proof);
    const reply = await this.#ask(frame, { ...watch, blame: true });
    if (!reply.ok) return reply;
    if (reply.value.kind !== 'verified') return this.#refused(reply.value, true);
    const { ok, mode, publicValuesHash, text } = reply.value;
    if (!ok) return failed(fail('PROOF_INVALID', { reason: text }));
    if (mode !== job.mode) {
      return failed(fail('PROOF_INVALID', { reason: `The proof is ${mode ?? 'of no known mode'}, not ${job.mode}.` }));
    }
    if (publicValuesHash !== job.publicValuesHash) return failed(fail('PUBLIC_VALUES_MISMATCH'));
    return succeeded({ verified: true });
  }

  /** Sets the program up unless this connection has; makes room by the least recently used one. */
  async #setUp(program: StoredFile, watch: Watch): Promise<Outcome<SetUpProgram>> {
    const known = this.#programs.get(program.sha256);
    if (known !== undefined) {
      this.#programs.delete(program.sha256);
      this.#programs.set(program.sha256, known);
      return succeeded(known);
    }
    // The last byte that counts is the proof's.
    const quiet = { ...watch, onLastByte: () => {} };
    const [oldest] = this.#programs.keys();
    if (oldest !== undefined && this.#programs.size >= mostPrograms) {
      const forgotten = await this.forget(oldest, quiet);
      if (!forgotten.ok) return forgotten;
    }
    const reply = await this.#ask(requests.setupFrame(program), { ...quiet, blame: true });
    if (!reply.ok) return reply;
    if (reply.value.kind !== 'setup') return this.#refused(reply.value, true);
    this.#programs.set(program.sha256, reply.value);
    return succeeded(reply.value);
  }

  async #ask(frame: Outcome<requests.OutgoingFrame>, expects: Expectation): Promise<Outcome<Reply>> {
    if (!frame.ok) return frame;
    if (this.#connection !== undefined) return this.#connection.request(frame.value, expects);
    return failed(fail('ENGINE_LOST', { laneId: this.#laneId, detail: 'it was never connected', blame: false }));
  }

  async #expectOk(frame: Outcome<requests.OutgoingFrame>, watch: Watch): Promise<Outcome<undefined>> {
    const reply = await this.#ask(frame, { ...watch, blame: false });
    if (!reply.ok) return reply;
    return reply.value.kind === 'ok' ? succeeded(undefined) : this.#refused(reply.value, false);
  }

  #refused(reply: Reply, blame: boolean): Outcome<never> {
    const failure = refusalOf(reply, this.#laneId, blame);
    // A well-formed answer to another question: whatever comes next cannot be trusted to be ours.
    if (failure.code === 'ENGINE_LOST') this.cut(failure);
    return failed(failure);
  }

  #leftProtocol(problem: string): Outcome<never> {
    const failure = fail('ENGINE_LOST', {
      laneId: this.#laneId,
      detail: `it left the protocol: ${problem}`,
      blame: true,
    });
    this.cut(failure);
    return failed(failure);
  }
}
