// Several listeners of one process: each serves what it was given, and nothing of the others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { certificateOf, testCa } from '../../testkit/testCertificates.js';
import { called, open, said, startListener } from '../../testkit/transport/listenerRig.js';
import { answerJson, type Exchange } from '../http/exchange.js';
import { createTls } from './tls.js';

const get = 'GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n';
const named = (name: string) => ({
  methods: [{ path: `/test.${name}/Say`, answer: () => Buffer.from(name) }],
  routes: (exchange: Exchange) => answerJson(exchange, 200, { name }),
});
const limits = { silenceMs: 10_000, silent: 20, connections: 100, connectionsPerNetwork: 100 };

it('several listeners have routes, methods, TLS and limits of their own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sealed-listeners-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const acceptor = createTls({ ...certificateOf('server'), clientCa: undefined }, 10_000);
  const outer = await startListener(t, { ...named('Outer'), tls: { acceptor, plaintext: 'never' } });
  const inner = await startListener(
    t,
    { ...named('Inner'), maxCallBytes: 4 },
    { socketPath: join(folder, 'inner.sock') },
  );
  const narrow = await startListener(t, { limits: { ...limits, connections: 1 } });

  const secure = connectTls({
    ...outer.to,
    ca: testCa(),
    servername: 'localhost',
    checkServerIdentity: () => undefined,
  });
  secure.write(get);
  assert.match(await text(secure), /\{"name":"Outer"\}/);
  assert.match(await said(outer.to, get), /TLS_REQUIRED/);
  assert.match(await said(inner.to, get), /\{"name":"Inner"\}/);

  const some = Buffer.from([0, 0, 0, 0, 1, 7]);
  assert.equal((await called(inner.to, '/test.Inner/Say', {}, some)).trailers['grpc-status'], '0');
  assert.equal((await called(inner.to, '/test.Outer/Say', {}, some)).head['grpc-status'], '12');
  assert.equal((await called(inner.to, '/test.Inner/Say')).head['grpc-status'], '8');

  const first = await open(narrow.to);
  const second = await open(narrow.to);
  await once(second.resume(), 'close');
  first.destroy();
});
