// The inputs of a leased job: from the front into memory, as long as it has said that they are, and no longer.
import { type Input, Work } from '../gen/work/v1/work_pb.js';
import { type ArtifactId, parseSha256 } from '../ids.js';
import { type Random, randomHex } from '../random.js';
import { ArrivingFile } from '../storedBytes/arrivingFile.js';
import { MemoryFile, roomIn } from '../storedBytes/memoryFile.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import type { FrontLink } from './frontLink.js';

/** Where files of jobs are made, and by what chance. */
export interface Scratch {
  /** A folder in memory. */
  readonly folder: string;
  readonly random: Random;
}

/** The link, and under which lease it is asked. */
export interface LeaseLink {
  readonly link: FrontLink;
  readonly epoch: string;
  readonly lease: string;
}

/** Why a job cannot be done on this machine, without a word about it. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';
  constructor(
    readonly code: 'DISK_FULL' | 'ENGINE_REFUSED',
    message: string,
  ) {
    super(message);
  }
}

/** A frame of an engine holds no more. */
const mostBytes = 4 * 2 ** 30;

export class Inputs {
  readonly #files: MemoryFile[] = [];

  constructor(
    private readonly scratch: Scratch,
    private readonly under: LeaseLink,
  ) {}

  /** Throws InputProblem and LinkFailed. */
  async fetch(input: 'program' | 'stdin', announced: Input | undefined, signal: AbortSignal): Promise<StoredFile> {
    const { link, epoch, lease } = this.under;
    const sizeBytes = Number(announced?.sizeBytes ?? 0n);
    const sha256 = parseSha256(announced?.sha256 ?? '');
    if (sha256 === undefined || sizeBytes > mostBytes)
      throw new InputProblem('ENGINE_REFUSED', `no ${input} was named`);
    const { folder } = this.scratch;
    if ((await roomIn(folder)) < sizeBytes)
      throw new InputProblem('DISK_FULL', `${folder} has no room for ${sizeBytes} bytes of ${input}`);
    const { file } = await this.add(input);
    const arriving = new ArrivingFile(file);
    try {
      for await (const { piece } of link.stream(Work.method.read, { epoch, lease, input }, signal)) {
        if (arriving.sizeBytes + piece.byteLength > sizeBytes)
          throw new InputProblem('ENGINE_REFUSED', `the ${input} is longer than was said`);
        await arriving.append(piece);
      }
    } catch (error) {
      await arriving.discard();
      throw error;
    }
    const measured = await arriving.finish();
    if (measured.sha256 !== sha256 || measured.sizeBytes !== sizeBytes)
      throw new InputProblem('ENGINE_REFUSED', `the ${input} did not arrive whole`);
    return { ...file, sha256, sizeBytes };
  }

  /** A file in memory that goes with the others. */
  async add(kind: 'program' | 'stdin' | 'proof'): Promise<MemoryFile> {
    const { folder, random } = this.scratch;
    const file = await MemoryFile.create(folder, randomHex(random, 32) as ArtifactId, kind, random);
    this.#files.push(file);
    return file;
  }

  async wipe(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.wipe()));
  }
}
