// A worker whose calls the test makes by itself: one that dies, comes late, or lies.
import { circuitVersion } from '../../client/requestProof.js';
import { type Job, Work } from '../../gen/work/v1/work_pb.js';
import type { FrontLink } from '../../remoteWorker/frontLink.js';
import { version } from './workerRig.js';

const never = new AbortController().signal;
/** Far longer than any call is held: the machine may be busy. */
const options = { signal: never, timeoutMs: 120_000 };

export class HandWorker {
  private constructor(
    readonly link: FrontLink,
    readonly epoch: string,
  ) {}

  static async register(link: FrontLink, changes: { name?: string; version?: string; circuits?: string } = {}) {
    const said = { name: 'alpha', version, circuits: circuitVersion, ...changes };
    const { epoch } = await link.call(Work.method.register, said, options);
    return new HandWorker(link, epoch);
  }

  /** Not awaited by those who only offer: it is held. */
  heartbeat(running: readonly string[] = [], lanes: readonly string[] = ['lane']) {
    return this.link.call(
      Work.method.heartbeat,
      {
        epoch: this.epoch,
        lanes: lanes.map((id) => ({ id, modes: ['core', 'compressed'], programs: [] })),
        running: running.map((lease) => ({ lease })),
      },
      options,
    );
  }

  /** The job that it gets, when there is one. */
  async lease(lane = 'lane'): Promise<Job> {
    const { job } = await this.link.call(Work.method.lease, { epoch: this.epoch, lane }, options);
    if (job === undefined) throw new Error('there was no job');
    return job;
  }

  write(lease: string, offset: number, piece: Uint8Array) {
    const at = BigInt(offset);
    return this.link.call(
      Work.method.write,
      { epoch: this.epoch, lease, offset: at, piece: new Uint8Array(piece) },
      options,
    );
  }

  async complete(lease: string, sha256: string, sizeBytes: number): Promise<boolean> {
    const said = { epoch: this.epoch, lease, sha256, sizeBytes: BigInt(sizeBytes) };
    return (await this.link.call(Work.method.complete, said, options)).counts;
  }

  async fail(lease: string, code: string, detail = '', blame = false): Promise<boolean> {
    return (await this.link.call(Work.method.fail, { epoch: this.epoch, lease, code, detail, blame }, options)).counts;
  }

  async read(lease: string, input: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const { piece } of this.link.stream(Work.method.read, { epoch: this.epoch, lease, input }, never))
      pieces.push(piece);
    return Buffer.concat(pieces);
  }

  leave() {
    return this.link.call(Work.method.leave, { epoch: this.epoch }, options);
  }
}
