// A policy out of a verdict: everything that the target shows, listed. That it is what ought to run is for a person to say.

import { bytesOfText, toHex } from '../verify/bytes.js';
import { parseAppCompose } from '../verify/compose/appCompose.js';
import { parseImage } from '../verify/compose/images.js';
import { readServices } from '../verify/compose/services.js';
import { sha256 } from '../verify/crypto.js';
import type { Evidence } from '../verify/verdict/evidence.js';
import type { Facts, Verdict } from '../verify/verdict/verdict.js';
import { hostOf } from './target/appraiseFiles.js';

type Json = Readonly<Record<string, unknown>>;

/** Of a verdict that was accepted: its facts are then the quote's. */
export async function pinnedPolicy({ facts, target, checkedAt }: Verdict, { appCompose }: Evidence): Promise<Json> {
  const { mrTd, rtmr = [], composeHash } = facts;
  const [rtmr0, rtmr1, rtmr2, rtmr3] = rtmr;
  const host = hostOf(target.url);
  return {
    version: 1,
    name: `unreviewed: ${host}, ${checkedAt}`,
    require: 'identified',
    tcb: { statuses: ['UpToDate'], minEvaluationDataNumber: facts.evaluationDataNumber },
    os: [{ name: 'unreviewed', mrTd, rtmr0: [rtmr0], rtmr1, rtmr2 }],
    ...(composeHash === undefined ? { rtmr3: [rtmr3] } : { compose: await composeOf(composeHash, appCompose) }),
    ...(facts.appId !== undefined && { app: appOf(facts) }),
    tls: {
      ...(target.tlsSpkiSha256 !== undefined && target.kind === 'ingress' && { domains: [host] }),
      nonce: target.kind === 'ingress' ? 'optional' : 'require',
    },
    ...(facts.statement && { statement: statementOf(facts.statement) }),
  };
}

/** The file's hash has been compared with the measured one: a verdict with another is none that was accepted. */
async function composeOf(hash: string, raw: string | undefined): Promise<Json> {
  if (raw === undefined) return { hashes: [hash] };
  const app = parseAppCompose(raw);
  const services = await readServices(app.composeFile);
  const images: Record<string, string[]> = {};
  for (const { image } of services) {
    const pinned = parseImage(image);
    // One without a digest is left out, and refused when the policy is used: that is for a person to see.
    if (pinned) images[pinned.repository] = [...new Set([...(images[pinned.repository] ?? []), pinned.digest])];
  }
  return {
    hashes: [hash],
    images,
    allowedEnvs: app.allowedEnvs,
    preLaunchScripts: await Promise.all(app.scripts.map(async (script) => toHex(await sha256(bytesOfText(script))))),
    publicLogs: app.hasPublicLogs,
    agentSocketServices: services.filter(({ reachesAgent }) => reachesAgent).map(({ name }) => name),
    publishedPorts: [...new Set(services.flatMap(({ publishedPorts }) => publishedPorts))].filter((port) => port > 0),
  };
}

const appOf = ({ appId, instanceId, keyProvider }: Facts): Json => ({
  ids: [appId],
  ...(instanceId ? { instances: [instanceId] } : {}),
  ...(keyProvider && ['kms', 'local-sgx', 'tpm'].includes(keyProvider)
    ? { keyProviders: [{ name: keyProvider }] }
    : {}),
});

function statementOf(statement: Json): Json {
  const { service, version, sealing, swap } = statement;
  return {
    ...(typeof service === 'string' && { service }),
    ...(typeof version === 'string' && { versions: [version] }),
    ...(['dstack', 'file', 'off'].includes(sealing as string) && { sealing: [sealing] }),
    ...(swap === false && { swap }),
  };
}
