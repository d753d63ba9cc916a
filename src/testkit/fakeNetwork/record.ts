// Everything that has come to the fake network, for tests to look at: calls with their headers, uploads, and the canary that searches all
// of it for bytes that must never have left their owner.
import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import { holdingClock } from '../../clock.js';
import type { Address } from '../../ids.js';

export interface FakeCall {
  readonly at: number;
  /** `RequestProof`. */
  readonly method: string;
  readonly peerPort: number;
  readonly headers: IncomingHttpHeaders;
  /** Of the message as received. */
  raw: Uint8Array;
  signer?: Address;
  nonce?: bigint;
  /** Of the signed body. */
  digest?: string;
  /** A fault: it is refused for its nonce, with this number in place of the right one. */
  refusedNonce?: { readonly expected: bigint | undefined };
  /** `open` until it is answered; `lost`: a fault took the answer. */
  verdict: 'open' | 'accepted' | 'refused' | 'lost';
  /** gRPC's number. */
  code?: number;
}

export interface Received {
  /** What it came as, for messages of tests. */
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** What a test waits for comes within a second or two, or after a back-off of half a minute; on a busy machine within this (ms). */
const heldWithinMs = 180_000;

export class FakeRecord {
  readonly calls: FakeCall[] = [];
  readonly received: Received[] = [];
  readonly #news = new EventEmitter().setMaxListeners(0);

  add(call: FakeCall): void {
    this.calls.push(call);
  }

  /** To be called whenever something has changed that a test may wait for. */
  changed(): void {
    this.#news.emit('changed');
  }

  of(method: string): readonly FakeCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Resolves when it holds, which is asked again with every call. */
  waitFor(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (holds()) return resolve();
      const settle = (error?: Error) => {
        cancel();
        this.#news.off('changed', look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = () => {
        if (holds()) settle();
      };
      const said = () => this.calls.map(({ method, verdict }) => `${method} ${verdict}`).join(', ');
      const cancel = holdingClock.wakeIn(heldWithinMs, () => settle(new Error(`it has not come about: ${said()}`)));
      this.#news.on('changed', look);
    });
  }

  /** Where these bytes were found, in what was received and in what it holds when it is decompressed. */
  canary(marker: Uint8Array): string[] {
    const found: string[] = [];
    for (const { what, bytes } of this.received)
      for (const form of [Buffer.from(bytes), unpacked(bytes)])
        if (form?.includes(Buffer.from(marker))) found.push(what);
    for (const { method, headers } of this.calls)
      if (JSON.stringify(headers).includes(Buffer.from(marker).toString('latin1'))) found.push(`headers of ${method}`);
    return found;
  }
}

const zstdMagic = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);

function unpacked(bytes: Uint8Array): Buffer | undefined {
  if (!zstdMagic.equals(bytes.subarray(0, zstdMagic.length))) return undefined;
  return zstdDecompressSync(bytes);
}
