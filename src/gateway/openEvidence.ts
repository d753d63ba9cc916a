// What a gateway shows of itself: the same routes and headers as the service, under a statement of its own.
import { join } from 'node:path';
import { createEvidenceFiles } from '../attestation/evidence/evidenceFiles.js';
import { attestationRoute } from '../attestation/evidence/getAttestation.js';
import { evidenceRoute } from '../attestation/evidence/getEvidence.js';
import { reportAnnotations } from '../attestation/evidence/reportAnnotations.js';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import { createQuoteQueue } from '../attestation/reports/quoteQueue.js';
import { createReports } from '../attestation/reports/reports.js';
import { swapsInTheClear } from '../attestation/reports/statement.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { type Random, randomHex } from '../random.js';
import { readAcmeAccount } from '../service/acmeAccount.js';
import type { OpenedTls } from '../service/tls.js';
import { warnOfSimulation } from '../service/warnOfSimulation.js';
import type { Annotate } from '../transport/annotate.js';
import type { Route } from '../transport/http/routes.js';
import type { GatewaySettings } from './settings.js';

export interface OpenedEvidence {
  readonly routes: readonly Route[];
  readonly annotate: Annotate;
  close(): void;
}

export interface EvidenceParameters {
  readonly settings: GatewaySettings;
  readonly provider: QuoteProvider;
  readonly tls: OpenedTls;
  /** X25519, for sealed bodies. Undefined: none are opened. */
  readonly bodyKey: Uint8Array | undefined;
  /** Of the package. */
  readonly version: string;
  /** The answer for evidence files that are not there. */
  readonly otherwise: Route['answer'];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function openEvidence(parameters: EvidenceParameters): OpenedEvidence {
  const { settings, provider, tls, bodyKey, otherwise, clock, log } = parameters;
  const queue = createQuoteQueue({ provider, clock, log });
  const reports = createReports({ queue, statement: statementOf(parameters), bodyKey, clock, log });
  const closes = [() => queue.close(), warnOfSimulation(provider, { clock, log })];
  const routes = [attestationRoute({ reports, clock })];
  closes.push(tls.acceptor.onRenewal(() => reports.flush()));
  // A certificate that we sign ourselves is not the word of an authority, and needs no file of its own.
  if (typeof settings.tls === 'object') {
    const files = createEvidenceFiles({ folder: join(settings.data, 'evidences'), queue, clock, log });
    const replace = () =>
      void files.replace({ certificate: tls.certificate(), acmeAccount: readAcmeAccount(settings.acmeAccount, log) });
    replace();
    routes.push(evidenceRoute(files, otherwise));
    closes.push(tls.acceptor.onRenewal(replace), () => files.close());
  }
  return {
    routes,
    annotate: reportAnnotations({ reports, mode: settings.attestHeader }),
    close() {
      for (const close of closes.reverse()) close();
    },
  };
}

/** Where bodies go is under the quote's protection too: to this machine, or out of it. */
function statementOf({ settings, provider, version, clock, random }: EvidenceParameters): Uint8Array {
  const { host, upstream } = settings;
  const text = JSON.stringify({
    service: 'sealed-prover-gateway',
    version,
    instance: randomHex(random, 16),
    startedAt: new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    host,
    upstream: upstream.origin,
    provider: provider.name,
    swap: swapsInTheClear(),
    plaintext: 'never',
  });
  return new Uint8Array(Buffer.from(text));
}
