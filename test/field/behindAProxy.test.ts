// A client that reaches the service by https through real proxies, each configured as people configure it: its input and its proof go by
// https as well, or the refusal names the missing option. The plain port behind the proxy sees nothing but the proxy.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { freshText, Sdk } from '../../src/testkit/sdk/sdk.js';
import { code, TonicStatus } from '../../src/testkit/sdk/tonic.js';
import { sdk610 } from '../../src/testkit/sdk/versions.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { testCa } from '../../src/testkit/testCertificates.js';
import {
  type FieldProxy,
  haproxyFor,
  haproxyOfDocs,
  nginxConfig,
  nginxFor,
  nginxOfDocs,
  startHaproxy,
  startNginx,
} from './proxy.js';
import { needing } from './tools.js';

interface Field {
  readonly what: string;
  start(target: string): Promise<FieldProxy>;
}

const grpcHeaders = (...lines: string[]) => lines.map((line) => `      grpc_set_header ${line};`).join('\n');
const requestHeaders = (...lines: string[]) => lines.map((line) => `  http-request set-header ${line}`).join('\n');
const nginx = (...lines: string[]) => ({
  what: `nginx with ${lines.join('; ')}`,
  start: (target: string) => startNginx(nginxFor(target, grpcHeaders(...lines))),
});
const haproxy = (...lines: string[]) => ({
  what: `HAProxy with ${lines.join('; ') || 'no header at all'}`,
  start: (target: string) => startHaproxy(haproxyFor(target, requestHeaders(...lines))),
});

const served: Record<'nginx' | 'haproxy', Field[]> = {
  nginx: [
    { what: 'nginx as docs/behind-a-proxy.md has it', start: (target) => startNginx(nginxOfDocs(target)) },
    nginx('Host $host:$server_port', 'X-Forwarded-Proto $scheme'),
    nginx('X-Forwarded-Host $host:$server_port', 'X-Forwarded-Proto $scheme'),
    nginx('X-Forwarded-Host $host', 'X-Forwarded-Port $server_port', 'X-Forwarded-Scheme $scheme'),
    nginx('Host $host:$server_port', 'X-Forwarded-Ssl on'),
    nginx('Forwarded "for=$remote_addr;host=\\"$host:$server_port\\";proto=$scheme"'),
  ],
  haproxy: [
    { what: 'HAProxy as docs/behind-a-proxy.md has it', start: (target) => startHaproxy(haproxyOfDocs(target)) },
    haproxy('X-Forwarded-Proto https'),
    haproxy('X-Forwarded-Proto https,http'),
    haproxy('Front-End-Https On'),
    haproxy(),
  ],
};

const refused: Field[] = [
  nginx('X-Forwarded-Proto $scheme'),
  nginx('X-Forwarded-For $remote_addr', 'X-Forwarded-Proto HTTPS'),
];

/** All of a private proof, with uploads and download at the proxy itself. */
async function assertByHttps(proxy: FieldProxy): Promise<void> {
  const sdk = new Sdk(proxy.url, sdk610, 'base', { ca: testCa() });
  await sdk.register();
  const stdin = sampleStdin(Buffer.from(freshText()));
  const proof = await sdk.wait(await sdk.request(stdin, { isPrivate: true }));
  sdk.close();
  assert.deepEqual(proof, sdk.program.proofOf(stdin));
  assert.deepEqual([...sdk.origins], [proxy.url], proxy.output());
}

for (const tool of ['nginx', 'haproxy'] as const) {
  describe(`behind ${tool}, which ends TLS`, { timeout: 600_000, ...needing(tool) }, () => {
    let rig: ServiceRig;
    let service: ServiceProcess;
    const proxies: FieldProxy[] = [];
    before(async () => {
      rig = await createServiceRig();
      service = await rig.serve();
    });
    after(async () => {
      await Promise.all(proxies.map((proxy) => proxy.end()));
      assert.equal(await service.stop(), 0);
      await rig.end();
    });

    const behind = async ({ start }: Field): Promise<FieldProxy> => {
      const proxy = await start(`127.0.0.1:${rig.port}`);
      proxies.push(proxy);
      return proxy;
    };

    for (const field of served[tool]) {
      it(`${field.what}: input and proof go by https`, async () => {
        await assertByHttps(await behind(field));
      });
    }

    if (tool === 'nginx') {
      for (const field of refused) {
        it(`${field.what}: the call is refused and names the option`, async () => {
          const proxy = await behind(field);
          const sdk = new Sdk(proxy.url, sdk610, 'base', { ca: testCa() });
          await assert.rejects(
            sdk.upload(2n, sampleStdin(Buffer.from('refused'))),
            (error) =>
              error instanceof TonicStatus &&
              error.code === code.failedPrecondition &&
              /--public-url/.test(error.detail),
          );
          sdk.close();
        });
      }

      it('learns that the proxy must speak HTTP/2 where it does not', async () => {
        const proxy = await behind({
          what: '',
          start: (target) => startNginx(nginxConfig(`location / { proxy_pass http://${target}; }`)),
        });
        const sdk = new Sdk(proxy.url, sdk610, 'base', { ca: testCa() });
        await assert.rejects(
          sdk.nonce(),
          (error) =>
            error instanceof TonicStatus &&
            error.code === code.failedPrecondition &&
            /must speak HTTP\/2/.test(error.detail),
        );
        sdk.close();
      });
    }

    it('with --public-url: input and proof go there, whatever the proxy says of its client', async () => {
      const start = tool === 'nginx' ? nginx('X-Nothing 1').start : haproxy('X-Forwarded-For 192.0.2.1').start;
      const other = await createServiceRig();
      const proxy = await start(`127.0.0.1:${other.port}`);
      proxies.push(proxy);
      await other.serve({ 'public-url': proxy.url });
      await assertByHttps(proxy);
      await other.end();
    });

    it('warns once of each origin that is not its own', () => {
      const origins = service.lines
        .filter(({ event }) => event === 'origin.foreign')
        .map(({ text }) => JSON.parse(text).origin as string);
      assert.ok(origins.length > 0);
      assert.equal(new Set(origins).size, origins.length);
    });
  });
}
