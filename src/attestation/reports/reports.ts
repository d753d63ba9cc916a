// Reports as clients get them: fresh ones over a nonce, and for those who send none a cached one, bound to the TLS key of their connection.
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import { toHex } from '../verify/bytes.js';
import { sha256 } from '../verify/crypto.js';
import { type Binding, reportData } from '../verify/reportData.js';
import type { QuoteQueue } from './quoteQueue.js';
import { evidenceJson, type Report, reportHeaders } from './report.js';

/** SHA-256 of the SubjectPublicKeyInfo of the certificate that this connection's TLS shows; undefined without TLS. */
export type TlsKey = Uint8Array | undefined;

/** Ready to be sent, so that a cached report costs nothing but its bytes. */
export interface SentReport {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly evidence: string;
}

export interface Reports {
  /** Rejects with QUOTE_BUSY or QUOTE_UNAVAILABLE, and never answers with an older report. */
  fresh(nonce: Uint8Array, tlsKey: TlsKey): Promise<SentReport>;
  /** Without a nonce; rejects as `fresh` does. */
  cached(tlsKey: TlsKey): Promise<SentReport>;
  /** A key has changed: nothing that was made before is given out any more. */
  flush(): void;
}

export interface ReportsParameters {
  readonly queue: QuoteQueue;
  /** The exact bytes. */
  readonly statement: Uint8Array;
  /** X25519, for sealed bodies. Undefined: none are opened. */
  readonly bodyKey?: Uint8Array | undefined;
  readonly clock: Pick<Clock, 'steady'>;
  readonly log: Pick<Log, 'warn'>;
}

/** A cached report is given out for so long, and replaced in the background from half of it on (ms). */
const keptMs = 10 * 60_000;
/** After a failure no client waits for another try within this time (ms). */
const restMs = 5_000;
/** Keys at once: with TLS, without, and the certificate before the last renewal. */
const mostKeys = 4;

interface Entry {
  /** The last one that was made, and when. */
  made?: { readonly at: number; readonly report: SentReport };
  /** The one that is being made. */
  making?: Promise<SentReport>;
  failed?: { readonly at: number; readonly error: unknown };
}

export function createReports({ queue, statement, bodyKey, clock, log }: ReportsParameters): Reports {
  let entries = new Map<string, Entry>();

  async function make(parts: Pick<Binding, 'nonce' | 'spki'>): Promise<SentReport> {
    const binding: Binding = { ...parts, body: bodyKey, statement: await sha256(statement) };
    const report: Report = { quote: await queue.quote(await reportData(binding)), binding, statement };
    const { headers, isCut } = reportHeaders(report);
    if (isCut) log.warn({ event: 'attestation.header_cut' }, 'the report is too long for a header and is left out');
    return { headers, evidence: evidenceJson(report) };
  }

  function renew(entry: Entry, spki: TlsKey): Promise<SentReport> {
    const making = make({ spki });
    entry.making = making;
    making
      .then(
        (report) => {
          entry.made = { at: clock.steady(), report };
          delete entry.failed;
        },
        (error: unknown) => {
          entry.failed = { at: clock.steady(), error };
        },
      )
      .finally(() => delete entry.making);
    return making;
  }

  function entryOf(tlsKey: TlsKey): Entry {
    const name = tlsKey === undefined ? '' : toHex(tlsKey);
    const known = entries.get(name);
    if (known !== undefined) return known;
    if (entries.size >= mostKeys) entries.delete(entries.keys().next().value as string);
    const entry: Entry = {};
    entries.set(name, entry);
    return entry;
  }

  return {
    fresh: (nonce, spki) => make({ nonce, spki }),

    async cached(tlsKey) {
      const entry = entryOf(tlsKey);
      const { made, failed } = entry;
      const ageMs = made === undefined ? Number.POSITIVE_INFINITY : clock.steady() - made.at;
      const rests = failed !== undefined && clock.steady() - failed.at < restMs;
      if (made !== undefined && ageMs < keptMs) {
        // Whether it succeeds is seen by those who come when this one is too old.
        if (ageMs >= keptMs / 2 && entry.making === undefined && !rests) renew(entry, tlsKey).catch(() => undefined);
        return made.report;
      }
      if (entry.making !== undefined) return await entry.making;
      if (rests) throw failed.error;
      return await renew(entry, tlsKey);
    },

    flush() {
      entries = new Map();
    },
  };
}
