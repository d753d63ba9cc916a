// Says in the log when a certificate is about to be refused by clients, or is already: at the start, with every renewal and daily.
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';

const day = 86_400_000;
/** Time enough to renew it by hand. */
const soonMs = 21 * day;

/** What is to be said of a certificate (PEM); undefined when its dates are good. It is served all the same: clients decide. */
export function problemWithDates(pem: string, path: string, now: number): string | undefined {
  const { validFrom, validTo } = new X509Certificate(pem);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const remedy = 'put a new one in its place, it is taken without a restart';
  if (now < from)
    return `The certificate ${path} is valid from ${date(from)} on only: check this machine's clock, or ${remedy}.`;
  if (now >= to) return `The certificate ${path} has expired on ${date(to)}, and clients refuse it: ${remedy}.`;
  if (to - now > soonMs) return undefined;
  const days = Math.floor((to - now) / day);
  return `The certificate ${path} expires on ${date(to)}, in ${days === 1 ? '1 day' : `${days} days`}: ${remedy}.`;
}

export interface WatchedDates {
  /** After a renewal too. */
  look(): void;
  close(): void;
}

/** `certificates` answers those in force. */
export function watchDates(
  certificates: () => ReadonlyArray<{ readonly pem: string; readonly path: string }>,
  { clock, log }: { readonly clock: Pick<Clock, 'now' | 'wakeIn'>; readonly log: Pick<Log, 'warn' | 'error'> },
): WatchedDates {
  let cancel = () => {};
  function look(): void {
    cancel();
    cancel = clock.wakeIn(day, look);
    for (const { pem, path } of certificates()) {
      const problem = problemWithDates(pem, path, clock.now());
      if (problem === undefined) continue;
      const level = Date.parse(new X509Certificate(pem).validTo) <= clock.now() ? 'error' : 'warn';
      log[level]({ event: 'tls.dates', path }, problem);
    }
  }
  return { look, close: () => cancel() };
}
