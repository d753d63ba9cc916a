// From a provider of quotes to what the service shows of itself: routes, and what is added to the head of answers.
import { join } from 'node:path';
import { createEvidenceFiles } from '../attestation/evidence/evidenceFiles.js';
import { attestationRoute } from '../attestation/evidence/getAttestation.js';
import { evidenceRoute } from '../attestation/evidence/getEvidence.js';
import { reportAnnotations } from '../attestation/evidence/reportAnnotations.js';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import type { QuoteQueue } from '../attestation/reports/quoteQueue.js';
import { createReports } from '../attestation/reports/reports.js';
import { statementBytes, swapsInTheClear } from '../attestation/reports/statement.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { nothingHere } from '../rpc/http/routes.js';
import { createBodyKey } from '../sealedBodies/bodyKey.js';
import { type BodyReceiver, createBodyReceiver } from '../sealedBodies/bodyReceiver.js';
import type { Store } from '../store/environment.js';
import type { Annotate } from '../transport/annotate.js';
import type { Route } from '../transport/http/routes.js';
import { readAcmeAccount } from './acmeAccount.js';
import { AttestStartError } from './attestProvider.js';
import type { OpenedTls } from './tls.js';
import { warnOfSimulation } from './warnOfSimulation.js';

export interface OpenedAttestation {
  readonly routes: readonly Route[];
  readonly annotate: Annotate;
  /** Undefined: bodies come in clear. */
  readonly receiver: BodyReceiver | undefined;
  close(): void;
}

export interface AttestationParameters {
  /** Who makes quotes, and the line before it. Undefined: nothing is attested. */
  readonly attested: { readonly provider: QuoteProvider; readonly queue: QuoteQueue } | undefined;
  readonly config: Config;
  /** Of the package. */
  readonly version: string;
  /** The data folder. */
  readonly folder: string;
  readonly store: Store;
  readonly tls: OpenedTls | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const unquoted =
  'Only sealed bodies are to be taken, and nothing here quotes their key: no provider of quotes was found. Name one with --attest.';

/** Throws an AttestStartError when what is asked for needs quotes and there are none. */
export async function openAttestation(parameters: AttestationParameters): Promise<OpenedAttestation | undefined> {
  const { attested, config, tls, clock, log } = parameters;
  if (attested === undefined) {
    if (config.sealedBodies === 'require') throw new AttestStartError(unquoted);
    return undefined;
  }
  const { provider, queue } = attested;
  const statement = statementBytes({
    version: parameters.version,
    instance: Buffer.from(parameters.random.bytes(16)).toString('hex'),
    startedAt: clock.now(),
    generation: await nextGeneration(parameters.store),
    sealing: 'off',
    provider: provider.name,
    swap: swapsInTheClear(),
    plaintext: tls?.plaintext ?? 'always',
    lanes: { cpu: config.cpuProveLanes, gpu: config.gpus.length + config.gpuSockets.length },
  });
  const bodyKey = config.sealedBodies === 'off' ? undefined : await createBodyKey(parameters.random);
  const reports = createReports({ queue, statement, bodyKey: bodyKey?.publicKey, clock, log });
  const closes = [warnOfSimulation(provider, { clock, log })];
  const routes = [attestationRoute({ reports, clock })];
  if (tls !== undefined) closes.push(tls.acceptor.onRenewal(() => reports.flush()));
  // A certificate that we sign ourselves is not the word of an authority, and needs no file of its own.
  if (tls !== undefined && config.tlsCert !== undefined) {
    const files = createEvidenceFiles({ folder: join(parameters.folder, 'evidences'), queue, clock, log });
    const replace = () =>
      void files.replace({ certificate: tls.certificate(), acmeAccount: readAcmeAccount(config.acmeAccount, log) });
    replace();
    routes.push(evidenceRoute(files, nothingHere));
    closes.push(tls.acceptor.onRenewal(replace), () => files.close());
  }
  return {
    routes,
    annotate: reportAnnotations({ reports, mode: config.attestHeader }),
    receiver: bodyKey && createBodyReceiver(bodyKey, config.sealedBodies === 'require'),
    close() {
      for (const close of closes.reverse()) close();
    },
  };
}

/** Flushed before anything of this start is said: a disk that was set back cannot count on from where it was. */
const nextGeneration = (store: Store): Promise<number> =>
  store.write((tx) => {
    const last = tx.get('meta', 'attestedStarts');
    const next = (typeof last === 'number' ? last : 0) + 1;
    tx.put('meta', ['attestedStarts'], next);
    return next;
  });
