// A whole target of the mock PKI: a VM that runs a compose file, its evidence, and the policy that it fulfils; tests change parts of it.
import { createHash } from 'node:crypto';
import type { MockTd } from '../../attestation/dev/mockQuote.js';
import { examineQuote } from '../../attestation/verify/examineQuote.js';
import { parsePolicy } from '../../attestation/verify/policy/parsePolicy.js';
import { reportData } from '../../attestation/verify/reportData.js';
import { type AppraiseParameters, appraise } from '../../attestation/verify/verdict/appraise.js';
import type { Evidence } from '../../attestation/verify/verdict/evidence.js';
import type { Verdict } from '../../attestation/verify/verdict/verdict.js';
import { type MockEvent, registersOf, startEvents } from './mockEvents.js';
import { createMockCase, goodTd, type MockCase, type MockChanges } from './mockPki.js';

const digest = `sha256:${'c1'.repeat(32)}`;
const composeFile = `services:
  prover:
    image: ghcr.io/example/prover:1.0@${digest}
    ports: ["443:8443"]
    volumes: ["/var/run/dstack.sock:/var/run/dstack.sock", "store:/data"]
volumes:
  store:
`;

export const goodAppCompose = {
  manifest_version: 2,
  name: 'prover',
  runner: 'docker-compose',
  docker_compose_file: composeFile,
  public_logs: false,
  allowed_envs: ['TOKEN_FILE'],
};

export const nonce = new Uint8Array(Buffer.from(Array.from({ length: 32 }, (_, i) => i)));
export const spki = new Uint8Array(32).fill(0xaa);
export const goodStatement = {
  service: 'sealed-prover',
  version: '0.2.0',
  sealing: 'dstack',
  swap: false,
  lanes: { cpu: 1, gpu: 0 },
};

export interface TargetChanges {
  readonly pki?: MockChanges;
  readonly td?: MockTd;
  readonly appCompose?: object | string;
  /** After the registers were made from them. */
  readonly editEvents?: (events: MockEvent[]) => unknown;
  /** Before. */
  readonly events?: (events: MockEvent[]) => MockEvent[];
  readonly statement?: object | string;
  readonly evidence?: Partial<Evidence>;
  // biome-ignore lint/suspicious/noExplicitAny: a policy as somebody writes it, right or wrong
  readonly policy?: (policy: any) => void;
  readonly without?: 'policy';
  readonly appraise?: Partial<AppraiseParameters>;
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

export interface MockTarget extends MockCase {
  readonly evidence: Evidence;
  /** JSON text. */
  readonly policy: string;
}

/** The target as a verifier meets it. */
export async function createMockTarget(changes: TargetChanges = {}): Promise<MockTarget> {
  const app = changes.appCompose ?? goodAppCompose;
  const appCompose = typeof app === 'string' ? app : JSON.stringify(app);
  const composeHash = sha256(appCompose).toString('hex');
  const started = startEvents({ composeHash });
  const events = changes.events?.(started) ?? started;
  const [rtmr0, rtmr1, rtmr2, rtmr3] = registersOf(events);
  const given = changes.statement ?? goodStatement;
  const statement = new Uint8Array(Buffer.from(typeof given === 'string' ? given : JSON.stringify(given)));
  const quoted = await reportData({ nonce, spki, statement: new Uint8Array(sha256(statement)) });
  const td = { rtmr0, rtmr1, rtmr2, rtmr3, reportData: Buffer.from(quoted).toString('hex'), ...changes.td };
  const created = createMockCase({ ...changes.pki, td: { ...changes.pki?.td, ...td } });
  const policy = {
    version: 1,
    name: 'the mock target',
    os: [{ name: 'mock OS', mrTd: goodTd.mrTd, rtmr0: [rtmr0], rtmr1, rtmr2 }],
    compose: {
      hashes: [composeHash],
      images: { 'ghcr.io/example/prover': [digest] },
      allowedEnvs: ['TOKEN_FILE'],
      preLaunchScripts: [],
      agentSocketServices: ['prover'],
      publishedPorts: [443],
    },
    app: { ids: [composeHash.slice(0, 40)], keyProviders: [{ name: 'kms' }] },
    statement: { service: 'sealed-prover', versions: ['0.2.0'], sealing: ['dstack'], swap: false },
  };
  changes.policy?.(policy);
  return {
    ...created,
    evidence: {
      target: { kind: 'sealed-prover', url: 'https://prover.example.org' },
      binding: { own: { nonce, spki } },
      statement,
      eventLog: JSON.stringify(changes.editEvents?.(structuredClone(events)) ?? events),
      appCompose,
      ...changes.evidence,
    },
    policy: JSON.stringify(policy),
  };
}

export async function appraiseMock(changes: TargetChanges = {}): Promise<Verdict> {
  const { evidence, policy, ...created } = await createMockTarget(changes);
  return await appraise({
    examination: await examineQuote(created),
    evidence,
    policy: changes.without === 'policy' ? undefined : await parsePolicy(policy),
    now: created.now,
    ...changes.appraise,
  });
}
