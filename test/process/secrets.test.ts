// What operators see has no secret in it: whatever is secret in a service has a mark here, and the marks are looked for in every answer of every
// method by both transports, in feed, page, metrics and log, and in a backup without inputs.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { type DescMethodUnary, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { holdingClock as clock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import { Upkeep } from '../../src/gen/admin/v1/upkeep_pb.js';
import { ArtifactStore, ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import type { RequestId } from '../../src/ids.js';
import { adminMethods } from '../../src/rpc/admin/service.js';
import { openStore } from '../../src/store/environment.js';
import { callJson, pathOf, post } from '../../src/testkit/service/adminCalls.js';
import { watchEvents, watchGrpc } from '../../src/testkit/service/adminWatch.js';
import {
  bodyOf,
  createRequester,
  type ServiceRequester,
  sampleVkHash,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile, certificateOf, testCa } from '../../src/testkit/testCertificates.js';
import { called } from '../../src/testkit/transport/listenerRig.js';
import { framed } from '../../src/transport/grpc/message.js';

const input = 'MARK-OF-A-PRIVATE-INPUT-0123456789';
const clientToken = 'mark-of-a-client-token-0123456789';
const operatorToken = 'mark-of-an-operator-token-0123456789';
const collectorKey = 'mark-of-a-key-in-a-url-0123456789';

/** As it is, in hex, and in base64 wherever it begins in what is encoded. */
function formsOf(secret: Buffer): string[] {
  const based = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    return text.slice(4, -4);
  });
  const url = based.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret.toString('latin1'), secret.toString('hex'), ...based, ...url];
}

/** Which of the secrets are in it. */
function foundIn(told: readonly (Buffer | string)[], secrets: Readonly<Record<string, Buffer>>): string[] {
  const all = told.map((each) => each.toString('latin1')).join('\n');
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(secret).some((form) => all.includes(form)) ? [name] : [],
  );
}

/** Uploads as an SDK does. Answers the input's URI and the right that its URL carries. */
async function uploaded({ context }: ServiceRequester, stdin: Uint8Array) {
  const signature = context.signerFor('CreateArtifact').signArtifactCreation();
  const created = await context.attempt('CreateArtifact', {}, (call) =>
    call(ArtifactStore.method.createArtifact, { signature, artifactType: ArtifactType.PRIVATE_STDIN }),
  );
  const signal = new AbortController().signal;
  const { httpStatus } = await context.transfer('PUT', created.artifactPresignedUrl, { body: bodyOf(stdin), signal });
  assert.equal(httpStatus, 200);
  const rights = [...new URL(created.artifactPresignedUrl).searchParams.values()].sort((a, b) => b.length - a.length);
  return { uri: created.artifactUri, right: rights[0] ?? assert.fail('the URL carries no right') };
}

/** What there is to ask by: each method is called with all that fit it. */
function callsOf({ input: { fields } }: DescMethodUnary, ids: readonly string[]): JsonObject[] {
  const has = (name: string) => fields.some((field) => field.name === name);
  const rest = {
    ...(has('change') && { change: { reason: 'nothing is done', dryRun: true } }),
    ...(has('vk_hash') && { vkHash: sampleVkHash }),
    ...(has('deadline') && { deadline: new Date(clock.now() + 7_200_000).toISOString() }),
    ...(has('priority') && { priority: 'first' }),
    ...(has('action') && { action: 'cancel', filter: { states: ['proving'] } }),
    ...(has('level') && { level: 'info' }),
  };
  return has('id') ? ids.map((id) => ({ id, ...rest })) : [rest];
}

/** All that the methods tell, and the paths of those that look at something and have had nothing to tell. */
async function answersOf(path: string, ids: readonly string[]) {
  const told: Buffer[] = [];
  const answered = new Set<string>();
  const methods = adminMethods({} as never)
    .map(({ method }) => method as DescMethodUnary)
    .filter((method) => pathOf(method) !== pathOf(Upkeep.method.backup));
  for (const method of methods)
    for (const given of callsOf(method, ids)) {
      const byJson = await post({ path }, pathOf(method), JSON.stringify(given));
      const bytes = framed(toBinary(method.input, fromJson(method.input, given)));
      const { body, head, trailers } = await called({ path }, pathOf(method), {}, bytes);
      told.push(Buffer.from(JSON.stringify(byJson.body)), body, Buffer.from(JSON.stringify([head, trailers])));
      assert.equal(byJson.status === 200, (trailers['grpc-status'] ?? head['grpc-status']) === '0', pathOf(method));
      if (byJson.status === 200) answered.add(pathOf(method));
    }
  // An action that does not fit says why not.
  const looks = methods.filter(({ input: { fields } }) => fields.every(({ name }) => name !== 'change'));
  const silent = looks.map(pathOf).filter((each) => !answered.has(each));
  return { told, silent };
}

async function followed(path: string): Promise<Buffer[]> {
  const watchers = [watchEvents({ path }, '?after=1'), watchGrpc({ path }, { afterFeed: 1n })];
  for (const each of watchers) {
    await each.until(({ event }) => event.case === 'beat');
    each.leave();
  }
  const text = JSON.stringify(
    watchers.map(({ seen }) => seen),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  assert.match(text, /"case":"audit"/);
  return [Buffer.from(text)];
}

const fetched = (path: string, url: string) =>
  new Promise<Buffer>((resolve, reject) => {
    const sent = httpRequest({ socketPath: path, path: url, agent: false }, (answer) =>
      buffer(answer).then(resolve, reject),
    );
    sent.on('error', reject).end();
  });

/** As an operator from elsewhere, with a token that is right or not. */
const fromElsewhere = (port: number, token: string) =>
  new Promise<number>((resolve, reject) => {
    const headers = { host: 'localhost', 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const to = { host: '127.0.0.1', port, servername: 'localhost', ca: testCa(), agent: false as const };
    const sent = httpsRequest(
      { ...to, path: pathOf(Requests.method.list), method: 'POST', headers },
      (answer) => void answer.resume().once('end', () => resolve(answer.statusCode ?? 0)),
    );
    sent.on('error', reject).end('{}');
  });

const bytesUnder = (folder: string): Buffer[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path));

/** One proved, one failed and one that runs, each of a private input with the mark, asked for with a token. */
async function busyService(t: TestContext) {
  const tokens = join(temporaryFolder('secrets'), 'tokens');
  const operators = join(temporaryFolder('secrets'), 'operators');
  writeFileSync(tokens, `${clientToken}\n`);
  writeFileSync(operators, `own eve token:${operatorToken}\n`);
  const stdins = ['is proved', 'fails', 'runs'].map((what) => stdinOf(`${input} ${what}`));
  const sha256Of = (stdin: Buffer | undefined) =>
    createHash('sha256')
      .update(stdin ?? '')
      .digest('hex');
  const rig = await createServiceRig({
    script: {
      rules: [
        { on: 'prove', stdinSha256: sha256Of(stdins[1]), act: { kind: 'proverError', text: 'no such device' } },
        { on: 'prove', stdinSha256: sha256Of(stdins[2]), act: { kind: 'hang' } },
      ],
    },
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:9/${collectorKey}` },
  });
  t.after(() => rig.end());
  const service = await rig.serve({
    'token-file': tokens,
    operators,
    'admin-listen': '127.0.0.1:0',
    'admin-tls-cert': certificateFile('server'),
    'admin-tls-key': certificateFile('server', 'key'),
    'metrics-listen': '127.0.0.1:0',
    'log-level': 'trace',
  });
  const requester = createRequester(rig.url, { clock, token: clientToken });
  t.after(() => requester.close());
  await requester.register();
  const path = join(rig.data, 'admin.sock');
  const ids: RequestId[] = [];
  const rights: string[] = [];
  for (const [index, state] of ['fulfilled', 'failed', 'proving'].entries()) {
    const { uri, right } = await uploaded(requester, stdins[index] ?? assert.fail());
    const id = await requester.ask(uri);
    // The last one keeps the only lane.
    while ((await callJson({ path }, Requests.method.get, { id })).request?.row?.state !== state)
      await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
    rights.push(right);
    ids.push(id);
  }
  return { rig, service, path, ids, rights };
}

async function portOf(service: ServiceProcess, event: string): Promise<number> {
  const { text } = await service.until((line) => line.event === event);
  return (JSON.parse(text) as { port: number }).port;
}

it('operators see no input, no key, no token and no upload URL, wherever they look', {
  timeout: 180_000,
}, async (t) => {
  const { rig, service, path, ids, rights } = await busyService(t);
  const told: (Buffer | string)[] = [];
  const change = { reason: 'so that there is an audit' };
  await callJson({ path }, Requests.method.setPriority, { id: ids[2] ?? '', priority: 'last', change });
  const port = await portOf(service, 'admin.listening');
  assert.deepEqual(
    [await fromElsewhere(port, operatorToken), await fromElsewhere(port, `${operatorToken}x`)],
    [200, 401],
  );
  const machines = ['request', 'lane', 'delivery', 'signer'];
  const { told: answers, silent } = await answersOf(path, [...ids, 'cpu-prove-0', ...machines]);
  assert.deepEqual(
    silent,
    ['Deliveries/Get', 'Deliveries/History', 'Signers/Get', 'Signers/History'].map(
      (each) => `/sealed.admin.v1.${each}`,
    ),
    'nothing else has had nothing to tell',
  );
  told.push(...answers, ...(await followed(path)));
  for (const url of ['/', '/requests', '/admin.binpb', '/nothing-of-ours']) told.push(await fetched(path, url));
  const metrics = await fetch(`http://127.0.0.1:${await portOf(service, 'metrics.listening')}/metrics`);
  told.push(await metrics.text());

  const [without, withInputs] = [join(temporaryFolder('secrets'), 'a'), join(temporaryFolder('secrets'), 'b')];
  await callJson({ path }, Upkeep.method.backup, { folder: without });
  await callJson({ path }, Upkeep.method.backup, { folder: withInputs, withInputs: true });
  assert.equal(await service.stop(), 0);
  told.push(...bytesUnder(without), ...service.lines.map(({ text }) => text));

  const store = await openStore(join(rig.data, 'store'));
  const uploadKey = Buffer.from(store.get('meta', 'uploadKey') as Uint8Array);
  await store.close();
  const [, tlsKey = ''] = certificateOf('server').key.toString().split('\n');
  const secrets = {
    input: Buffer.from(input),
    'token of a client': Buffer.from(clientToken),
    'token of an operator': Buffer.from(operatorToken),
    'key in the URL of the collector': Buffer.from(collectorKey),
    'key of upload URLs': uploadKey,
    'key of TLS': Buffer.from(tlsKey),
    ...Object.fromEntries(rights.map((right, index) => [`upload URL ${index}`, Buffer.from(right)])),
  };
  assert.deepEqual(foundIn(told, secrets), []);
  // They are found where they are: a backup that was made with inputs is as secret as the service itself.
  assert.deepEqual(foundIn(bytesUnder(withInputs), secrets), ['input', 'key of upload URLs']);
  assert.deepEqual(foundIn([`${certificateOf('server').key}`, rights.join()], secrets).length, 4);
});
