// The service in the environment that an orchestrator gives it: variables made of the names of services around, ours among them.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

/** As Kubernetes, Docker, Nomad and systemd set them, for services called sealed, sealed-prover, sealed-data and sealed-listen. */
const orchestrated: Record<string, string> = {
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_PORT: 'tcp://10.96.0.1:443',
  SEALED_PORT: 'tcp://10.0.0.7:80',
  SEALED_SERVICE_HOST: '10.0.0.7',
  SEALED_PROVER_SERVICE_HOST: '10.0.0.1',
  SEALED_PROVER_SERVICE_PORT: '8080',
  SEALED_PROVER_SERVICE_PORT_GRPC: '8080',
  SEALED_PROVER_PORT: 'tcp://10.0.0.1:8080',
  SEALED_PROVER_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
  SEALED_PROVER_PORT_8080_TCP_PROTO: 'tcp',
  SEALED_PROVER_PORT_8080_TCP_PORT: '8080',
  SEALED_PROVER_PORT_8080_TCP_ADDR: '10.0.0.1',
  SEALED_DATA_NAME: '/web/sealed-data',
  SEALED_DATA_PORT: 'tcp://172.17.0.5:5432',
  SEALED_DATA_ENV_PGDATA: '/var/lib/postgresql',
  SEALED_LISTEN_SERVICE_HOST: '10.0.0.2',
  SEALED_LISTEN_PORT_9000_UDP_ADDR: '10.0.0.2',
  NOMAD_ADDR_sealed_prover: '10.0.0.1:8080',
  INVOCATION_ID: '00112233445566778899aabbccddeeff',
};

describe('in an orchestrator’s environment', { timeout: 600_000 }, () => {
  let rig: ServiceRig | undefined;
  afterEach(() => rig?.end());

  it('the service starts, on its own port and folder', async () => {
    rig = await createServiceRig({ environment: orchestrated });
    const service = await rig.serve();
    assert.equal((await fetch(`${rig.url}/health`)).status, 200);
    assert.equal(await service.stop(), 0);
  });

  it('a misspelt option stops the start, alone and with what was probably meant', async () => {
    rig = await createServiceRig({ environment: { ...orchestrated, SEALED_ALOWLIST: '/etc/allowed' } });
    const service = rig.spawn();
    assert.equal((await service.exited).code, 2);
    assert.deepEqual(
      service.lines.map(({ text }) => text),
      ['SEALED_ALOWLIST: there is no such option; did you mean SEALED_ALLOWLIST?'],
    );
  });
});
