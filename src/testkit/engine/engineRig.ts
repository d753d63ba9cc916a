// A rig for engine tests: a temporary folder, a fake engine on a socket in it, the real client over it, and jobs for both.

import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../clock.js';
import type { Engine, EngineKind, RunWatch } from '../../engines/engine.js';
import type { ExecuteJob, Progress, ProofMode, ProveJob, VerifyJob } from '../../engines/jobs.js';
import { openEngine } from '../../engines/laneWorker.js';
import type { Failure } from '../../failures/catalog.js';
import { laneId, parseSha256, parseVkHash, type Sha256, type VkHash } from '../../ids.js';
import type { ArtifactKind, StoredFile } from '../../storedBytes/storedFile.js';
import { sampleArtifactId, sampleRequestId } from '../sampleIds.js';
import { FakeEngine } from './fakeEngine.js';
import type { FakeRole } from './fakeEngineAnswers.js';
import type { FakeScript } from './fakeEngineScript.js';
import { fakePublicValuesHash, fakeVk, programArtifact } from './fakeProof.js';

export const noLimit = (2n ** 64n - 1n).toString();
const someVkHash = parseVkHash('5b'.repeat(32)) as VkHash;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;

export class EngineRig {
  readonly socketPath: string;
  readonly elf = Buffer.from('\x7fELF, as far as the fake engine cares');
  readonly stdin = Buffer.from('an input that must stay secret');
  readonly lost: Failure[] = [];
  readonly progress: Progress[] = [];
  readonly lastBytes: number[] = [];
  readonly #losses = new EventEmitter();
  #files = 0;

  private constructor(readonly folder: string) {
    this.socketPath = join(folder, 'engine.sock');
  }

  /** Everything that it makes is closed and removed after the test. */
  static async set(t: TestContext): Promise<EngineRig> {
    const rig = new EngineRig(await mkdtemp(join(tmpdir(), 'engine-')));
    t.after(() => rm(rig.folder, { recursive: true, force: true }));
    return rig;
  }

  async fake(t: TestContext, script: FakeScript = {}, role: FakeRole = 'prove'): Promise<FakeEngine> {
    const fake = await FakeEngine.start({ role, socketPath: this.socketPath, script });
    t.after(() => fake.close());
    return fake;
  }

  engine(t: TestContext, kind: EngineKind = 'cpu', readyTimeoutMs = 10_000): Engine {
    const onLost = (failure: Failure) => {
      this.lost.push(failure);
      this.#losses.emit('lost', failure);
    };
    const { socketPath } = this;
    const engine = openEngine({
      laneId: laneId('lane-0'),
      kind,
      socketPath,
      readyTimeoutMs,
      clock: systemClock,
      onLost,
    });
    t.after(() => engine.close());
    return engine;
  }

  /** The next loss that an engine of this rig reports. */
  async nextLost(): Promise<Failure> {
    const [failure] = await once(this.#losses, 'lost');
    return failure;
  }

  /** A watch that records what is reported to it, and never gives up by itself. */
  watch(signal = new AbortController().signal): RunWatch {
    return {
      signal,
      onProgress: (progress) => void this.progress.push(progress),
      onLastByte: (at) => void this.lastBytes.push(at),
    };
  }

  async stored(kind: ArtifactKind, bytes: Uint8Array): Promise<StoredFile> {
    const path = join(this.folder, `file-${this.#files++}`);
    await writeFile(path, bytes);
    return { id: sampleArtifactId(), kind, path, sha256: sha256(bytes), sizeBytes: bytes.byteLength };
  }

  async executeJob(changes: Partial<ExecuteJob> = {}): Promise<ExecuteJob> {
    return {
      stage: 'execute',
      attempt: 1,
      ...(await this.#inputs()),
      cycleLimit: noLimit,
      gasLimit: noLimit,
      ...changes,
    };
  }

  async proveJob(changes: Partial<ProveJob> = {}): Promise<ProveJob> {
    const vk = fakeVk(this.elf).toString('hex');
    const output = { id: sampleArtifactId(), kind: 'proof', path: join(this.folder, 'proof') } as const;
    return { stage: 'prove', ...(await this.#inputs()), attempt: 1, vk, mode: 'compressed', output, ...changes };
  }

  /** For the proof that the fake makes of the rig's program and stdin, unless other bytes are given. */
  async verifyJob(proof: Uint8Array, mode: ProofMode = 'compressed'): Promise<VerifyJob> {
    const publicValuesHash = parseSha256(fakePublicValuesHash(this.stdin)) as Sha256;
    const vk = fakeVk(this.elf).toString('hex');
    const named = { requestId: sampleRequestId(), vkHash: someVkHash };
    return {
      stage: 'verify',
      attempt: 1,
      ...named,
      vk,
      mode,
      proof: await this.stored('proof', proof),
      publicValuesHash,
    };
  }

  async #inputs() {
    const program = await this.stored('program', programArtifact(this.elf));
    return { requestId: sampleRequestId(), vkHash: someVkHash, program, stdin: await this.stored('stdin', this.stdin) };
  }
}
