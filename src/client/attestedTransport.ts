// Calls and transfers over connections that were attested before their first byte. Loaded when a client is asked for it.
import { createHash, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { asFailure } from '../attestation/attested/asFailure.js';
import type { Look } from '../attestation/attested/attestor.js';
import { forwardedFor } from '../attestation/attested/forwarded.js';
import type { Attestation } from '../attestation/attested/modes.js';
import { type OpenedTarget, openTarget } from '../attestation/attested/openTarget.js';
import { createCollateralCache } from '../attestation/check/collateral/collateralCache.js';
import { createGenerations } from '../attestation/check/generations.js';
import { AttestationError } from '../attestation/verify/failure.js';
import { parsePolicy } from '../attestation/verify/policy/parsePolicy.js';
import { intelRoot } from '../attestation/verify/roots.js';
import type { Clock } from '../clock.js';
import { FailureError } from '../failures/failureError.js';
import { sentenceOf } from '../failures/sentenceOf.js';
import { systemRandom } from '../random.js';
import { createUpstream } from '../relay/createUpstream.js';
import { createSealedAsk } from '../relay/sealedAsk.js';
import type { ClientAttestation } from './attestation.js';
import { clientError } from './errors.js';
import { ExchangeFailed, type Transfer } from './http.js';
import type { HttpProxy } from './proxy.js';
import { isOfSealing } from './sealing.js';
import { CallFailed, type Transport } from './transport.js';
import { openWay } from './tunnel.js';
import { readWhole, unaryCall } from './unaryCall.js';

export interface AttestedTransport extends Transport {
  readonly transfer: Transfer;
  /** Rejects with ATTESTATION_REFUSED, with ABORTED, or with CallFailed when nothing answers. */
  attestation(signal: AbortSignal): Promise<Attestation>;
}

export interface AttestedParameters {
  readonly attestation: ClientAttestation;
  readonly headersOf: () => Readonly<Record<string, string>>;
  readonly proxy: HttpProxy | undefined;
  readonly clock: Clock;
}

/** Artifacts at once; more wait. */
const artifactConnections = 8;
/** As the SDK does (ms). */
const pingMs = 15_000;

/** Rejects with ATTESTATION_REFUSED where policy or root cannot be used. */
export async function createAttestedTransport(url: URL, of: AttestedParameters): Promise<AttestedTransport> {
  const { headersOf, clock } = of;
  let known: Attestation | undefined;
  const connections = await connectionsOf(url, of, ({ attestation }) => {
    known = attestation;
  });
  const upstream = createUpstream({
    connect: (protocol, signal) => connections.connect(protocol, signal).catch(asFailure),
    connections: artifactConnections,
    sessions: 1,
    pingMs,
    clock,
  });
  const { bodyKeys } = connections;
  const ask = bodyKeys === undefined ? upstream.ask : createSealedAsk({ ask: upstream.ask, ...bodyKeys });

  /** What it rejects with is ABORTED, ATTESTATION_REFUSED, or what `lost` makes of a connection that did not hold. */
  async function attested<T>(
    signal: AbortSignal,
    lost: (why: string, cause: unknown) => Error,
    work: () => Promise<T>,
  ) {
    try {
      await connections.ready(signal).catch(asFailure);
      return await work();
    } catch (error) {
      if (signal.aborted) throw clientError('ABORTED', {}, { cause: signal.reason });
      if (!(error instanceof FailureError)) throw error;
      const { failure } = error;
      if (failure.code === 'ATTESTATION_REFUSED')
        throw clientError('ATTESTATION_REFUSED', { url: url.origin, reason: failure.reason, detail: failure.detail });
      if (isOfSealing(failure))
        throw clientError('SEALED_BODY_REFUSED', {
          url: url.origin,
          reason: failure.code,
          detail: sentenceOf(failure),
        });
      throw lost(sentenceOf(failure), error.cause);
    }
  }

  const callLost = (name: string) => (why: string) =>
    new CallFailed(name, status.UNAVAILABLE, `No connection established. Last error: ${why}`);
  const transferLost = (why: string, cause: unknown) =>
    isFileError(cause) ? cause : new ExchangeFailed(why, { cause });

  return {
    call: (method, request, signal) =>
      attested(signal, callLost(method.name), async () => {
        const answer = await unaryCall(ask, {
          name: method.name,
          path: `/${method.parent.typeName}/${method.name}`,
          authority: url.host,
          headers: { ...headersOf(), forwarded: forwardedFor(url) },
          message: toBinary(method.input, create(method.input, request)),
          clock,
          signal,
        });
        return fromBinary(method.output, answer);
      }),

    async transfer(method, to, { signal, body, headers = {} }) {
      const { origin, host, pathname, search } = new URL(to);
      if (origin !== url.origin) throw clientError('ARTIFACT_URL_ELSEWHERE', { url: url.origin, named: origin });
      const source = body?.open();
      try {
        return await attested(signal, transferLost, async () => {
          const length = body === undefined ? {} : { 'content-length': body.sizeBytes };
          const target = `${pathname}${search}`;
          const isRead = method === 'GET' && bodyKeys !== undefined && isArtifact(target);
          const request = { target, authority: host, headers: { ...headers, ...length }, body: source };
          const answer = await ask(
            // A download that nobody in between may see is asked for with a body, which can be sealed, and so can its answer.
            { protocol: 'http1', method: isRead ? 'POST' : method, ...request },
            { signal, inform: () => {} },
          );
          const { body: said = Readable.from([]) } = answer;
          // That an upload was taken is true when its whole answer is.
          return {
            httpStatus: answer.status,
            body: method === 'PUT' ? Readable.from([await readWhole(said, 'upload')]) : said,
          };
        });
      } catch (error) {
        source?.destroy();
        throw error;
      }
    },

    async attestation(signal) {
      return (
        known ?? (await attested(signal, callLost('attestation'), () => connections.attest(signal).catch(asFailure)))
      );
    },

    close() {
      upstream.close();
      connections.close();
    },
  };
}

const isArtifact = (target: string): boolean => target.startsWith('/artifacts/');

/** Ours, not the network's. */
const isFileError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'path' in error && error.path !== undefined;

async function connectionsOf(
  url: URL,
  { attestation, proxy, clock }: AttestedParameters,
  onLook: (look: Look) => void,
): Promise<OpenedTarget> {
  const { mode, folder, sealedBodies = false } = attestation;
  if (sealedBodies && mode !== 'require') {
    const detail = 'Bodies are sealed to an attested key, and this mode does without one.';
    throw clientError('ATTESTATION_REFUSED', { url: url.origin, reason: 'BODY_KEY_WRONG', detail });
  }
  const roots = rootsOf(url, attestation);
  const kept = { root: roots?.[0] ?? intelRoot, random: systemRandom };
  const verifying = {
    policy: await policyOf(url, attestation),
    roots,
    ...(folder !== undefined && {
      cache: createCollateralCache(join(folder, 'collateral'), kept.root, kept.random),
      generations: createGenerations(join(folder, 'generations.json'), kept),
    }),
    clock,
  };
  return openTarget({
    url,
    mode,
    isSealed: sealedBodies,
    verifying,
    statePath: folder === undefined ? undefined : join(folder, 'endpoints.json'),
    ...(proxy && { openWay: (signal: AbortSignal) => openWay(proxy, url, signal) }),
    onLook,
    clock,
    random: systemRandom,
  });
}

async function policyOf(url: URL, { policy }: ClientAttestation) {
  try {
    return policy === undefined ? undefined : await parsePolicy(policy);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    throw clientError('ATTESTATION_REFUSED', { url: url.origin, reason: error.code, detail: error.detail });
  }
}

function rootsOf(url: URL, { insecureDevRoot }: ClientAttestation): readonly string[] | undefined {
  if (insecureDevRoot === undefined) return undefined;
  try {
    return [createHash('sha256').update(new X509Certificate(insecureDevRoot).raw).digest('hex')];
  } catch {
    // OpenSSL's words are for programmers.
    const detail = 'The development root is no certificate.';
    throw clientError('ATTESTATION_REFUSED', { url: url.origin, reason: 'CERT_MALFORMED', detail });
  }
}
