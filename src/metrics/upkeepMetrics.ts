// What keeps a service well, in numbers: how old its last backup is, what the last check has found, what is paused, and its certificate.
import { X509Certificate } from 'node:crypto';
import type { Clock, EpochMs } from '../clock.js';
import type { Meter } from './meter.js';

export interface UpkeepState {
  /** Of the youngest backup that was made here, also in an earlier life. Undefined: there was none. */
  readonly lastBackupAt: EpochMs | undefined;
  /** Found by the last check of this life. Undefined: there was none. */
  readonly problems: number | undefined;
}

const pauses = ['intake', 'dispatch'] as const;

export function registerUpkeepMetrics(
  meter: Meter,
  {
    clock,
    upkeep,
    isPaused,
  }: {
    readonly clock: Pick<Clock, 'now'>;
    readonly upkeep: UpkeepState;
    readonly isPaused: (what: (typeof pauses)[number]) => boolean;
  },
): void {
  meter.gauge({ name: 'sealed_backup_age_seconds', help: 'Since the begin of the last backup; none: not told.' }, () =>
    upkeep.lastBackupAt === undefined ? [] : [{ value: Math.max(0, clock.now() - upkeep.lastBackupAt) / 1_000 }],
  );
  meter.gauge({ name: 'sealed_check_problems', help: 'What the last check of the running service has found.' }, () =>
    upkeep.problems === undefined ? [] : [{ value: upkeep.problems }],
  );
  meter.gauge(
    { name: 'sealed_paused', help: 'Whether an operator has paused it: 1 or 0.', labels: { what: pauses } },
    () => pauses.map((what) => ({ labels: { what }, value: isPaused(what) ? 1 : 0 })),
  );
}

/** `certificate`: the one in force, with its chain (PEM). */
export function registerCertificate(
  meter: Meter,
  { clock, certificate }: { readonly clock: Pick<Clock, 'now'>; readonly certificate: () => string },
): void {
  meter.gauge({ name: 'sealed_certificate_expiry_seconds', help: 'Until the TLS certificate expires.' }, () => [
    { value: (Date.parse(new X509Certificate(certificate()).validTo) - clock.now()) / 1_000 },
  ]);
}
