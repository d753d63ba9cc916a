// A real service sends its traces where the environment says, and does without where nothing listens.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { packageVersion } from '../../src/cli/version.js';
import { holdingClock as clock } from '../../src/clock.js';
import { freePort } from '../../src/testkit/freePort.js';
import { createRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig } from '../../src/testkit/service/serviceRig.js';
import { startFakeCollector } from '../../src/testkit/traces/fakeCollector.js';

describe('traces of a real service', { timeout: 180_000 }, () => {
  it('come when a request has ended, to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, over a time without one', async () => {
    const port = await freePort();
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/` };
    const rig = await createServiceRig({ environment });
    const service = await rig.serve();
    const requester = createRequester(rig.url, { clock });
    await requester.register();
    const id = await requester.submit(stdinOf('what is never traced'));
    await service.until(
      ({ event, requestId, to }) => event === 'request.transition' && requestId === id && to === 'fulfilled',
    );
    const collector = await startFakeCollector(port);
    await collector.called(1);
    const [root, ...stays] = collector.spans;
    assert.deepEqual(collector.resource, { 'service.name': 'sealed-prover', 'service.version': packageVersion() });
    assert.equal(root?.traceId, createHash('sha256').update(id).digest('hex').slice(0, 32));
    assert.equal(root.attributes['sealed.state'], 'fulfilled');
    const running = stays.filter(({ name }) => name.endsWith('.running')).map(({ name }) => name);
    assert.deepEqual(running, ['executing.running', 'proving.running', 'verifying.running']);
    assert.equal(await service.stop(), 0);
    await collector.close();
    await rig.end();
  });
});
