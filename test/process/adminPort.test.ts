// Operators from elsewhere at a real service: by tokens and client certificates over TLS, with a list that changes while it runs.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { type CertificateName, certificateFile, certificateOf, testCa } from '../../src/testkit/testCertificates.js';

const tokenOf = (who: string) => `${who}-0123456789abcdef`;
const sha256 = (what: string) => createHash('sha256').update(what).digest('hex');
const fingerprintOf = (name: CertificateName) => new X509Certificate(certificateOf(name).cert).fingerprint256;

describe('the port of operators', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let list: string;
  let port: number;

  const write = (...lines: string[]) => {
    writeFileSync(`${list}.new`, `${lines.join('\n')}\n`);
    renameSync(`${list}.new`, list);
  };
  const ada = `read ada sha256:${sha256(tokenOf('ada'))}`;
  const eve = `own eve cert:${fingerprintOf('client')}`;

  before(async () => {
    rig = await createServiceRig();
    list = join(rig.folder, 'operators');
    write(ada, eve);
    service = await rig.serve({
      'admin-listen': '127.0.0.1:0',
      operators: list,
      'admin-tls-cert': certificateFile('server'),
      'admin-tls-key': certificateFile('server', 'key'),
      'admin-tls-client-ca': certificateFile('test-ca'),
    });
    const line = service.lines.find(({ event }) => event === 'admin.listening');
    port = (JSON.parse(line?.text ?? '{}') as { port: number }).port;
  });
  after(() => rig.end());

  function call(method: string, body: object, { token, as }: { token?: string; as?: CertificateName } = {}) {
    return new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          servername: 'localhost',
          path: `/sealed.admin.v1.${method}`,
          method: 'POST',
          ca: testCa(),
          agent: false,
          headers: {
            host: 'localhost',
            'content-type': 'application/json',
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          ...(as !== undefined && certificateOf(as)),
        },
        (response) => {
          text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: said }), reject);
        },
      );
      sent.on('error', reject).end(JSON.stringify(body));
    });
  }
  const status = async (shown: Parameters<typeof call>[2]) => (await call('Service/Status', {}, shown)).status;
  const pause = { change: { reason: 'a new driver' } };

  it('lets those in who are on the list, by token or certificate, and nobody else', async () => {
    assert.equal(await status({ token: tokenOf('ada') }), 200);
    assert.equal(await status({ as: 'client' }), 200);
    assert.deepEqual(
      [await status({}), await status({ token: tokenOf('bob') }), await status({ as: 'stranger' })],
      [401, 401, 401],
    );
    assert.equal((await call('Queue/PauseIntake', pause, { token: tokenOf('ada') })).status, 403);
    assert.equal((await call('Queue/PauseIntake', pause, { as: 'client' })).status, 200);
    const audit = await call('Service/AuditList', {}, { token: tokenOf('ada') });
    assert.match(audit.body, /"operator":"eve"/);
    assert.equal((await call('Queue/ResumeIntake', pause, { as: 'client' })).status, 200);
  });

  it('is called by the command line, by TLS that it can check, with a token or a client certificate', async () => {
    const token = join(rig.folder, 'token');
    writeFileSync(token, tokenOf('ada'));
    const admin = async (...words: string[]) => {
      const cli = scriptedCli({ HOME: rig.folder });
      const code = await runCli(['admin', 'status', '--admin-url', `https://localhost:${port}`, ...words], cli);
      return { code, said: cli.out() + cli.err() };
    };
    const ca = ['--ca-file', certificateFile('test-ca')];
    const own = (name: CertificateName) => [
      '--cert-file',
      certificateFile(name),
      '--key-file',
      certificateFile(name, 'key'),
    ];
    for (const shown of [['--token-file', token], own('client')]) {
      const trusting = await admin(...ca, ...shown);
      assert.equal(trusting.code, 0, trusting.said);
      assert.match(trusting.said, /^serving /);
    }
    const stranger = await admin(...ca, ...own('stranger'));
    assert.equal(stranger.code, 5, stranger.said);
    const wary = await admin('--token-file', token);
    assert.equal(wary.code, 6, wary.said);
    assert.match(wary.said, /told by --ca-file FILE/);
    assert.ok(!wary.said.includes(tokenOf('ada')));
  });

  it('is asked nothing with certificates that are none, in part or without TLS', async () => {
    const [cert, key] = [certificateFile('client'), certificateFile('client', 'key')];
    for (const [words, said] of [
      [['--cert-file', cert], /need each other/],
      [['--cert-file', cert, '--key-file', certificateFile('server', 'key')], /the key that of the certificate/],
      [['--cert-file', '/nowhere', '--key-file', key], /--cert-file: \/nowhere cannot be read/],
      [['--ca-file', list, '--token-file', list], /The token file/],
      [[], /--token-file, or your certificate/],
    ] as const) {
      const cli = scriptedCli({});
      assert.equal(await runCli(['admin', 'status', '--admin-url', `https://localhost:${port}`, ...words], cli), 2);
      assert.match(cli.err(), said);
    }
    const plain = scriptedCli({});
    const words = ['--admin-url', 'http://127.0.0.1:1', '--cert-file', cert, '--key-file', key];
    assert.equal(await runCli(['admin', 'status', ...words], plain), 2);
    assert.match(plain.err(), /shown by TLS/);
  });

  it('takes a list that changes, and keeps the old one when a line is none, which the log names', async () => {
    write(ada, eve, 'own bob token:short');
    const { text: refused } = await service.until(({ event }) => event === 'config.refused');
    assert.match(refused, /line 3 is not/);
    assert.doesNotMatch(refused, /short\b.*bob|token:short/);
    assert.equal(await status({ token: tokenOf('ada') }), 200);
    write(eve, `operate bob token:${tokenOf('bob')}`);
    await service.until(({ event }) => event === 'config.reloaded');
    assert.deepEqual([await status({ token: tokenOf('ada') }), await status({ token: tokenOf('bob') })], [401, 200]);
    for (const { text: line } of service.lines)
      for (const who of ['ada', 'bob']) assert.ok(!line.includes(tokenOf(who)));
  });

  it('does not start without a list, with an unusable one, or beyond loopback without TLS, and says why', async () => {
    assert.equal(await service.stop(), 0);
    const said = async (flags: Readonly<Record<string, string>>) => {
      const started = rig.spawn(flags);
      assert.notEqual((await started.exited).code, 0);
      return started.lines.map(({ text: line }) => line).join('\n');
    };
    assert.match(await said({ 'admin-listen': '127.0.0.1:0' }), /--admin-listen needs --operators/);
    const wide = { 'admin-listen': '0.0.0.0:0', operators: list };
    assert.match(await said(wide), /--admin-listen 0\.0\.0\.0:0 is beyond this machine and needs --admin-tls-cert/);
    write('root toor token:0123456789abcdef');
    const unusable = await said({ 'admin-listen': '127.0.0.1:0', operators: list });
    assert.match(unusable, /operators file .* cannot be used: line 1 is not ROLE NAME CREDENTIAL/);
    assert.doesNotMatch(unusable, /toor|0123456789abcdef/);
  });
});
