// The body of POST /execute of SP1's TEE 2FA, on its way into a program artifact and a stdin artifact, of which it is made: it is only cut.
// id 32 ‖ program (u64 length ‖ ELF) ‖ cycle limit u64 ‖ SP1Stdin ‖ signature 96 (sp1-sdk 6.10.0, network/tee/client.rs; bincode).
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { MalformedError } from '../malformed.js';
import { UploadFile } from './file.js';
import type { ReceivedFile, RequestTask, SecondFactorFacts } from './task.js';
import { PartError } from './teeRequest.js';

const idBytes = 32;
const u64Bytes = 8;
const signatureBytes = 96;

export class SecondFactorRequestFiles {
  readonly #program: UploadFile;
  readonly #stdin: UploadFile;
  /** The id, and the length of the ELF. */
  readonly #head = Buffer.alloc(idBytes + u64Bytes);
  readonly #limit = Buffer.alloc(u64Bytes);
  /** The last bytes so far: they may be the signature. */
  #tail: Buffer = Buffer.alloc(0);
  #seenBytes = 0;
  /** Where the ELF ends. */
  #elfEnd = Number.POSITIVE_INFINITY;

  /** Both files are created. Exactly one of `finish` and `discard` ends them. */
  constructor({ program, stdin }: RequestTask['files'], limitBytes: RequestTask['limitBytes']) {
    this.#program = new UploadFile(program, 'program', limitBytes.program);
    try {
      this.#stdin = new UploadFile(stdin, 'stdin', limitBytes.stdin);
    } catch (thrown) {
      this.#program.discard();
      throw thrown;
    }
  }

  /** Throws PartError, ARTIFACT_TOO_LARGE, MalformedError, or what the disk throws. */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.byteLength; ) at += this.#take(piece.subarray(at));
  }

  /** Both are complete and on disk when it resolves. Throws ELF_CLASS_MISMATCH too. */
  async finish(): Promise<{ program: ReceivedFile; stdin: ReceivedFile; facts: SecondFactorFacts }> {
    if (this.#tail.byteLength < signatureBytes) throw new MalformedError('it ends in the middle');
    const program = await part('program', () => this.#program.finish());
    if (program.elf?.class !== 64) throw new FailureError(fail('ELF_CLASS_MISMATCH', { elfClass: 32, sp1: 6 }));
    const facts = {
      id: this.#head.toString('hex', 0, idBytes),
      cycleLimit: this.#limit.readBigUInt64LE().toString(),
      signature: signatureOf(this.#tail),
    };
    return { program, stdin: await part('stdin', () => this.#stdin.finish()), facts };
  }

  discard(): void {
    this.#program.discard();
    this.#stdin.discard();
  }

  /** Takes what belongs to one field. Answers how much. */
  #take(piece: Uint8Array): number {
    const headEnd = this.#head.byteLength;
    if (this.#seenBytes < headEnd) {
      const taken = this.#fill(this.#head, this.#seenBytes, piece);
      if (this.#seenBytes === headEnd) this.#beginProgram();
      return taken;
    }
    if (this.#seenBytes < this.#elfEnd) {
      const part = piece.subarray(0, this.#elfEnd - this.#seenBytes);
      append('program', this.#program, part);
      this.#seenBytes += part.byteLength;
      return part.byteLength;
    }
    const limitAt = this.#seenBytes - this.#elfEnd;
    if (limitAt < u64Bytes) return this.#fill(this.#limit, limitAt, piece);
    const rest = Buffer.concat([this.#tail, piece]);
    const sure = Math.max(0, rest.byteLength - signatureBytes);
    if (sure > 0) append('stdin', this.#stdin, rest.subarray(0, sure));
    this.#tail = Buffer.from(rest.subarray(sure));
    this.#seenBytes += piece.byteLength;
    return piece.byteLength;
  }

  #fill(field: Buffer, at: number, piece: Uint8Array): number {
    const part = piece.subarray(0, field.byteLength - at);
    field.set(part, at);
    this.#seenBytes += part.byteLength;
    return part.byteLength;
  }

  #beginProgram(): void {
    const length = this.#head.readBigUInt64LE(idBytes);
    if (length > 2n ** 48n) throw new PartError('program', 'a length in it is larger than any upload');
    this.#elfEnd = this.#head.byteLength + Number(length);
    append('program', this.#program, this.#head.subarray(idBytes));
  }
}

/** `u64 32 ‖ r ‖ u64 32 ‖ s ‖ u64 8 ‖ parity u64`, the last one big-endian (alloy, as bincode writes it). */
function signatureOf(bytes: Buffer): string {
  const isLength = (at: number, length: bigint) => bytes.readBigUInt64LE(at) === length;
  const parity = bytes.readBigUInt64BE(88);
  if (!isLength(0, 32n) || !isLength(40, 32n) || !isLength(80, 8n) || parity > 1n)
    throw new MalformedError('its signature is none');
  const v = Buffer.of(27 + Number(parity));
  return Buffer.concat([bytes.subarray(8, 40), bytes.subarray(48, 80), v]).toString('hex');
}

const append = (kind: 'program' | 'stdin', file: UploadFile, bytes: Uint8Array): void => {
  try {
    file.append(bytes);
  } catch (thrown) {
    throw named(kind, thrown);
  }
};

const part = <T>(kind: 'program' | 'stdin', work: () => Promise<T>): Promise<T> =>
  work().catch((thrown) => Promise.reject(named(kind, thrown)));

const named = (kind: 'program' | 'stdin', thrown: unknown) =>
  thrown instanceof MalformedError ? new PartError(kind, thrown.problem) : thrown;
