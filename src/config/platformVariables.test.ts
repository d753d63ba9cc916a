import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.js';
import { environmentNameOf, optionNames } from './options.js';
import { isOfPlatform } from './platformVariables.js';

/** What Kubernetes puts into each container of a namespace that has a service of this name (its service links). */
const serviceLinks = (name: string) => ({
  [`${name}_SERVICE_HOST`]: '10.0.0.1',
  [`${name}_SERVICE_PORT`]: '8080',
  [`${name}_SERVICE_PORT_GRPC_WEB`]: '8080',
  [`${name}_PORT`]: 'tcp://10.0.0.1:8080',
  [`${name}_PORT_8080_TCP`]: 'tcp://10.0.0.1:8080',
  [`${name}_PORT_8080_TCP_PROTO`]: 'tcp',
  [`${name}_PORT_8080_TCP_PORT`]: '8080',
  [`${name}_PORT_8080_TCP_ADDR`]: '10.0.0.1',
  [`${name}_PORT_53_UDP`]: 'udp://10.0.0.1:53',
  [`${name}_PORT_3868_SCTP_ADDR`]: 'fd00::1',
});

/** What Docker puts into a container that is linked to another under this alias. */
const links = (alias: string) => ({
  [`${alias}_NAME`]: '/web/alias',
  [`${alias}_PORT`]: 'tcp://172.17.0.5:8080',
  [`${alias}_PORT_8080_TCP_START`]: 'tcp://172.17.0.5:8080',
  [`${alias}_PORT_8080_TCP_PORT_END`]: '8090',
  [`${alias}_ENV_NODE_VERSION`]: '22.0.0',
  [`${alias}_ENV_MAX_UPLOADS`]: '1',
});

const start = (environment: Record<string, string>) =>
  loadConfig({ flags: {}, environment: { XDG_DATA_HOME: '/x', ...environment } });

test('variables that platforms make of the names of services stop no start and change no option', () => {
  const plain = start({});
  // Services may be called sealed, sealed-prover, sealed-secrets-controller, and sealed-data as well.
  const services = [
    'SEALED',
    'SEALED_PROVER',
    'SEALED_SECRETS_CONTROLLER_METRICS',
    'SEALED_TOKEN',
    ...optionNames.map(environmentNameOf),
  ];
  for (const name of services) assert.deepEqual(start({ ...serviceLinks(name), ...links(name) }), plain, name);
  const addOn = { SEALED_PROVER_HOST: 'a.internal', SEALED_PROVER_PORT: '443', SEALED_DB_URL: 'postgres://a/b' };
  assert.deepEqual(start(addOn), plain);
  const discovery = {
    SEALED_PROVER_HTTP: 'http://a.internal:8080',
    SEALED_PROVER_GRPC_0: 'https://a.internal:8443',
    SEALED_PROVER_HOSTPORT: 'a.internal:8080',
    SEALED_PROVER_ENDPOINT: 'https://a.internal',
    SEALED_PROVER_PORT_HTTP: '8080',
    SEALED_PROVER_PORT_8080: '32768',
    SEALED_PROVER_SOCKET: '/run/a.sock',
    SEALED_DB_CONNECTION_STRING: 'Host=a;Port=5432',
  };
  for (const [variable, value] of Object.entries(discovery)) assert.deepEqual(start({ [variable]: value }), plain);
});

test('no option is called as a platform would call something', () => {
  for (const name of optionNames.map(environmentNameOf)) {
    for (const value of ['', 'tcp://10.0.0.1:8080', '/web/alias']) assert.ok(!isOfPlatform(name, value, true), name);
  }
});
