// The commands of `attest` as processes of their own, and hostile ones between them and a service.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildService } from '../service/serviceBuild.js';
import { type ServiceProcess, watch } from '../service/serviceRig.js';
import { temporaryFolder } from '../temporaryFolder.js';
import { type CertificateName, certificateFile, certificateOf } from '../testCertificates.js';
import type { HostileWords } from './hostile.main.js';

export interface AttestProcess extends ServiceProcess {
  /** Everything that it has written so far. */
  text(): string;
}

/** `attest` with these words. Certificates of the tests' authority are public ones to it. */
export function startAttest(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): AttestProcess {
  const home = temporaryFolder('attest');
  const own = { XDG_STATE_HOME: home, XDG_CACHE_HOME: home, NODE_EXTRA_CA_CERTS: certificateFile('test-ca') };
  const child = spawn(process.execPath, [join(buildService(), 'cli.js'), 'attest', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...own, ...environment },
  });
  const watched = watch(child);
  return { ...watched, text: () => watched.lines.map(({ text }) => text).join('\n') };
}

export interface ProxyProcess extends AttestProcess {
  /** Where the SDK finds it. */
  readonly url: string;
}

/** Resolves when it listens. Rejects with what it has said when it does not. */
export async function startAttestProxy(target: string, ...flags: readonly string[]): Promise<ProxyProcess> {
  const started = startAttest(['proxy', target, '--listen', '127.0.0.1:0', ...flags]);
  const { text } = await started.until(({ text }) => text.startsWith('Listening on '));
  return { ...started, url: /http:\/\/\S+/.exec(text)?.[0] ?? '' };
}

export interface Hostile {
  readonly url: string;
  /** All that clients have sent it, without TLS. */
  captured(): string;
  /** Whether anything but questions without a body is among it: an upload, or a call, whose path a capture of HTTP/2 does not show. */
  hasRequest(): boolean;
  end(): Promise<void>;
}

type HostileParameters = Omit<HostileWords, 'capture' | 'certificate'> & { readonly certificate?: CertificateName };

/** Resolves when it listens. */
export async function startHostile({ certificate: name, ...words }: HostileParameters): Promise<Hostile> {
  const capture = temporaryFolder('hostile');
  const files = () => readdirSync(capture).map((name) => readFileSync(join(capture, name)));
  const main = join(buildService(), 'testkit/attestation/hostile.main.js');
  const certificate = name && certificateOf(name);
  const child = spawn(process.execPath, [main, JSON.stringify({ ...words, certificate, capture })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    gone.then(() => {
      throw new Error('the hostile process does not run');
    }),
  ]);
  return {
    url: `https://localhost:${words.port}`,
    captured: () => Buffer.concat(files()).toString('latin1'),
    hasRequest: () => files().some(hasBody),
    async end() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frameHeadBytes = 9;

/** Of what one connection has sent. */
function hasBody(sent: Buffer): boolean {
  if (!sent.subarray(0, preface.length).equals(preface))
    return !/^(?:(?:GET|HEAD) \/\S* HTTP\/1\.1\r\n(?:\S+: [^\r\n]*\r\n)*\r\n)*$/.test(sent.toString('latin1'));
  for (let at = preface.length; at + frameHeadBytes <= sent.length; at += frameHeadBytes + sent.readUIntBE(at, 3)) {
    // DATA: a question for evidence has none.
    if (sent[at + 3] === 0) return true;
  }
  return false;
}
