// A scripted engine on a real unix socket, for tests of everything that talks to one. In this process it is a server with
// hooks; `fakeEngine.main.ts` runs the same as a child with the real engine's command line.
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../clock.js';
import { answerNumber } from '../../engines/answers.js';
import { encodeU32 } from '../../engines/bincode.js';
import { type FakeRole, guestFailure, rightAnswer, type SetUpElfs } from './fakeEngineAnswers.js';
import { type BegunRequest, begunRequest, FakeEngineRules } from './fakeEngineRules.js';
import type { FakeAct, FakeRule, FakeScript } from './fakeEngineScript.js';
import { decodeRequest, type EngineRequest, encodeAnswer } from './fakeEngineWire.js';
import { fakeVk, programKey } from './fakeProof.js';

export interface FakeEngineOptions {
  readonly role: FakeRole;
  readonly socketPath: string;
  readonly script?: FakeScript;
  /** What a crash does in place of closing the server and its connections: the child exits. */
  readonly onCrash?: () => void;
}

export class FakeEngine {
  /** Requests in the order in which they began, over all connections. */
  readonly begun: BegunRequest[] = [];
  readonly #options: FakeEngineOptions;
  readonly #script: FakeScript;
  readonly #rules: FakeEngineRules;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #news = new EventEmitter();

  private constructor(options: FakeEngineOptions) {
    this.#options = options;
    this.#script = options.script ?? {};
    this.#rules = new FakeEngineRules(this.#script);
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  /** Listens at once, in place of whatever an earlier process left at the path. */
  static async start(options: FakeEngineOptions): Promise<FakeEngine> {
    const engine = new FakeEngine(options);
    await rm(options.socketPath, { force: true });
    engine.#server.listen(options.socketPath);
    await once(engine.#server, 'listening');
    return engine;
  }

  /** Resolves when `count` requests of this kind have begun. */
  async until(kind: EngineRequest['kind'], count = 1): Promise<void> {
    while (this.begun.filter((request) => request.kind === kind).length < count) await once(this.#news, 'request');
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(socket: Socket): Promise<void> {
    const elfs: SetUpElfs = new Map();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    try {
      for await (const payload of payloadsOf(socket)) await this.#answer(socket, decodeRequest(payload), elfs);
    } catch {
      // The other side has gone, or a test sent nonsense: either way this connection is over.
      socket.destroy();
    }
  }

  async #answer(socket: Socket, request: EngineRequest, elfs: SetUpElfs): Promise<void> {
    const begun = begunRequest(request);
    const rule = this.#rules.begin(begun);
    this.begun.push(begun);
    this.#news.emit('request');
    const right = rightAnswer(request, this.#options.role, this.#script, elfs);
    await pause(rule.delayMs ?? 0);
    while (rule.whileThere !== undefined && existsSync(rule.whileThere) && !socket.destroyed) await pause(lookAgainMs);
    if (wantsProgress(request)) await sendProgress(socket, rule);
    await this.#act(rule.act ?? { kind: 'answer' }, socket, request, right);
  }

  async #act(act: FakeAct, socket: Socket, request: EngineRequest, right: Buffer): Promise<void> {
    const half = right.subarray(0, Math.ceil(right.length / 2));
    switch (act.kind) {
      case 'slowAnswer':
        for (let at = 0; at < right.length; at += act.pieceBytes) {
          await send(socket, right.subarray(at, at + act.pieceBytes));
          await pause(act.pauseMs);
        }
        return;
      case 'hang':
        await once(socket, 'close');
        return;
      case 'eof':
        socket.destroy();
        return;
      case 'eofMidFrame':
        await send(socket, half);
        socket.destroy();
        return;
      case 'crash':
        return this.#crash();
      case 'crashMidFrame':
        await send(socket, half);
        return this.#crash();
      default:
        await send(socket, frameFor(act, request, right));
    }
  }

  async #crash(): Promise<void> {
    if (this.#options.onCrash === undefined) await this.close();
    else this.#options.onCrash();
  }
}

type FrameAct = Exclude<FakeAct, { kind: 'slowAnswer' | 'hang' | 'eof' | 'eofMidFrame' | 'crash' | 'crashMidFrame' }>;

/** The one frame, right or wrong, that an act comes down to. */
function frameFor(act: FrameAct, request: EngineRequest, right: Buffer): Buffer {
  switch (act.kind) {
    case 'answer':
      return right;
    case 'wrongVariant':
      return encodeAnswer.variant(act.variant);
    case 'oversize':
      return Buffer.concat([encodeU32(act.announcedBytes, act.variant ?? answerNumber.proof), Buffer.alloc(100)]);
    case 'proverError':
      return encodeAnswer.proverError(act.text);
    case 'internalError':
      return encodeAnswer.internalError(act.text);
    case 'failure':
      return encodeAnswer.failure(act.code, act.text);
    case 'guestFailure':
      return guestFailure(act.cause, act.exitCode, 1_000n);
    case 'otherVk': {
      const elf = request.kind === 'setup' ? request.elf : Buffer.alloc(0);
      return encodeAnswer.setup(programKey(elf), fakeVk(Buffer.concat([elf, Buffer.from('other')])));
    }
  }
}

/** Of a frame, before its payload. */
const lengthBytes = 4;

/** Payloads in order. The next is read when the one before has been answered. */
async function* payloadsOf(socket: Socket): AsyncGenerator<Buffer, void> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    // The length of the frame is in one piece: of hundreds of megabytes not every piece is to be copied anew to look for it.
    if ((chunks[0]?.length ?? 0) < lengthBytes) chunks = [Buffer.concat(chunks)];
    for (let frameSize = frameSizeOf(chunks); size >= frameSize; frameSize = frameSizeOf(chunks)) {
      const all = Buffer.concat(chunks);
      const rest = all.subarray(frameSize);
      yield all.subarray(lengthBytes, frameSize);
      chunks = [rest];
      size = rest.length;
    }
  }
}

/** Length of the first frame, or more than there is when not even that has come. */
function frameSizeOf(chunks: Buffer[]): number {
  const [head] = chunks;
  return head === undefined || head.length < lengthBytes ? Number.POSITIVE_INFINITY : lengthBytes + head.readUInt32LE();
}

/** How often a rule looks whether its file is still there (ms). */
const lookAgainMs = 10;

const wantsProgress = (request: EngineRequest) =>
  request.kind === 'waitReady' ||
  (request.kind === 'execute' && request.progress) ||
  (request.kind === 'prove' && request.withProgress);

async function sendProgress(socket: Socket, rule: FakeRule): Promise<void> {
  for (const progress of rule.progress ?? []) {
    await send(socket, encodeAnswer.progress(progress));
    await pause(rule.progressPauseMs ?? 0);
  }
}

const send = (socket: Socket, bytes: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

const pause = (ms: number) =>
  ms === 0 ? Promise.resolve() : new Promise<void>((resolve) => systemClock.wakeIn(ms, resolve));
