// The body of a request in the JSON of Automata's sp1-tee-prover, on its way into a program artifact and a stdin artifact. Nothing of it is held.
// Where lengths stand before what they count they are written when it has passed.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { PatchedWriter } from '../../storedBytes/patchedWriter.js';
import type { ArtifactFile } from '../../storedBytes/storedFile.js';
import { MalformedError } from '../malformed.js';
import { shapeOf } from './artifactShape.js';
import { readElfFacts } from './elfFacts.js';
import { JsonScanner, type Scan } from './jsonScanner.js';
import type { ReceivedFile } from './task.js';

export type PartKind = 'program' | 'stdin';

/** What of the request is wrong: an artifact, or the JSON around both. */
export class PartError extends Error {
  override readonly name = 'PartError';
  constructor(
    readonly part: PartKind,
    readonly problem: string,
  ) {
    super(problem);
  }
}

/** The modes that the model's wire has, of which one is served. */
const otherModes = ['Unspecified', 'Core', 'Compressed', 'Plonk', 'Groth16'];

/** Of the JSON: four characters a byte at most ("255,"), and what stands around them. */
export const requestBodyLimit = ({ program, stdin }: Readonly<Record<PartKind, number>>): number =>
  4 * (program + stdin) + 64 * 1024;

const lengthBytes = 8;

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** One of the two artifacts. */
class Part {
  readonly writer: PatchedWriter;

  constructor(
    private readonly kind: PartKind,
    file: ArtifactFile,
    private readonly limitBytes: number,
  ) {
    this.writer = new PatchedWriter(file);
  }

  readonly append = (bytes: Uint8Array): void => {
    if (this.writer.sizeBytes + bytes.byteLength > this.limitBytes)
      throw new FailureError(fail('ARTIFACT_TOO_LARGE', { kind: this.kind, limitBytes: this.limitBytes }));
    this.writer.append(bytes);
  };

  /** Bytes with their length before them, in bincode. */
  *counted(scanner: JsonScanner): Scan {
    const { writer } = this;
    const at = writer.sizeBytes;
    this.append(u64(0));
    yield* scanner.bytes(this.append);
    writer.patch(at, u64(writer.sizeBytes - at - lengthBytes));
  }

  /** Checked as an upload of this kind is. */
  async finish(): Promise<ReceivedFile> {
    const shape = shapeOf(this.kind);
    try {
      // Before the file is finished: afterwards it cannot be read any more.
      if (this.kind === 'stdin') {
        const measured = await this.writer.finish((bytes) => shape.push(bytes));
        shape.end();
        return measured;
      }
      const head = new Uint8Array(Math.min(this.writer.sizeBytes, 72));
      this.writer.read(0, head);
      shape.push(head);
      if (head.byteLength < 72) shape.end();
      const read = (at: number, into: Uint8Array) => this.writer.read(at, into);
      const elf = readElfFacts(read, lengthBytes, this.writer.sizeBytes - lengthBytes);
      // SP1's own loader would take it, and run it as what it is not.
      if (elf.class !== 64) throw new FailureError(fail('ELF_CLASS_MISMATCH', { elfClass: elf.class, sp1: 6 }));
      return { ...(await this.writer.finish(() => {})), elf };
    } catch (thrown) {
      throw thrown instanceof MalformedError ? new PartError(this.kind, thrown.problem) : thrown;
    }
  }
}

export interface RequestFiles {
  readonly program: ArtifactFile;
  readonly stdin: ArtifactFile;
}

export class TeeRequestFiles {
  readonly #program: Part;
  readonly #stdin: Part;
  readonly #scanner: JsonScanner;
  readonly #limitBytes: number;
  #seenBytes = 0;

  /** Both files are created. Exactly one of `finish` and `discard` ends them. */
  constructor(files: RequestFiles, limitBytes: Readonly<Record<PartKind, number>>) {
    this.#limitBytes = requestBodyLimit(limitBytes);
    this.#program = new Part('program', files.program, limitBytes.program);
    try {
      this.#stdin = new Part('stdin', files.stdin, limitBytes.stdin);
    } catch (thrown) {
      this.#program.writer.discard();
      throw thrown;
    }
    this.#scanner = new JsonScanner((scanner) => this.#document(scanner));
  }

  /** Throws MalformedError (the JSON), PartError (what it holds), ARTIFACT_TOO_LARGE, BODY_TOO_LARGE, or what the disk throws. */
  push(piece: Uint8Array): void {
    // Spaces and keys that are passed over have no limit of their own.
    this.#seenBytes += piece.byteLength;
    if (this.#seenBytes > this.#limitBytes)
      throw new FailureError(fail('BODY_TOO_LARGE', { limitBytes: this.#limitBytes }));
    this.#scanner.push(piece);
  }

  /** Both are complete and on disk when it resolves. Throws ELF_CLASS_MISMATCH too. */
  async finish(): Promise<{ program: ReceivedFile; stdin: ReceivedFile }> {
    this.#scanner.end();
    return { program: await this.#program.finish(), stdin: await this.#stdin.finish() };
  }

  discard(): void {
    this.#program.writer.discard();
    this.#stdin.writer.discard();
  }

  *#document(scanner: JsonScanner): Scan {
    yield* members(scanner, 'the request', {
      elf: () => this.#program.counted(scanner),
      stdin: () => this.#input(scanner),
      proof_mode: () => mode(scanner),
    });
    yield* scanner.expectEnd();
  }

  *#input(scanner: JsonScanner): Scan {
    const { append, writer } = this.#stdin;
    let count = 0;
    const at = writer.sizeBytes;
    append(u64(0));
    const parts = this.#stdin;
    yield* members(scanner, 'stdin', {
      buffer: () =>
        scanner.array(function* () {
          count += 1;
          yield* parts.counted(scanner);
        }),
      // It says how far a host has read. A guest begins at the beginning.
      ptr: function* () {
        yield* scanner.u64();
      },
      proofs: () => noProofs(scanner),
    });
    writer.patch(at, u64(count));
    // ptr 0, then no proofs.
    append(u64(0));
    append(u64(0));
  }
}

/** Of an object whose keys may come in any order, each of these once. Others are passed over. */
function* members(scanner: JsonScanner, what: string, known: Readonly<Record<string, () => Scan>>): Scan {
  if ((yield* scanner.peek()) === '['.charCodeAt(0))
    throw new MalformedError(`${what} is an array, and an object is needed`);
  const seen = new Set<string>();
  yield* scanner.object(function* (key) {
    const member = Object.hasOwn(known, key) ? known[key] : undefined;
    if (member === undefined) return yield* scanner.skip(2);
    if (seen.has(key)) throw new MalformedError(`${what} has "${key}" twice`);
    seen.add(key);
    yield* member();
  });
  const missing = Object.keys(known).find((key) => !seen.has(key));
  if (missing !== undefined) throw new MalformedError(`${what} has no "${missing}"`);
}

/** `"TEE"` or `{"TEE":null}`. */
function* mode(scanner: JsonScanner): Scan {
  const first = yield* scanner.peek();
  if (first === '"'.charCodeAt(0)) return assertMode(yield* scanner.text());
  if (first !== '{'.charCodeAt(0)) throw new MalformedError('proof_mode is no text');
  let count = 0;
  yield* scanner.object(function* (key) {
    count += 1;
    if (count > 1) throw new MalformedError('proof_mode names several modes');
    yield* scanner.literal('null');
    assertMode(key);
  });
  if (count === 0) throw new MalformedError('proof_mode names no mode');
}

function assertMode(name: string): void {
  if (name === 'TEE') return;
  if (!otherModes.includes(name)) throw new MalformedError('proof_mode is none that is known');
  throw new MalformedError(`proof_mode is ${name}, and only TEE is served here: ask for proofs over SP1's own wire`);
}

/** They are written by the types of one SP1 version, in Rust. */
function* noProofs(scanner: JsonScanner): Scan {
  yield* scanner.expect('[');
  if ((yield* scanner.peek()) !== ']'.charCodeAt(0))
    throw new PartError('stdin', "it holds proofs, which are taken over SP1's own wire alone");
  yield* scanner.expect(']');
}
