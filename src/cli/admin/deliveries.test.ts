// `sealed-prover admin deliveries` and `admin delivery ID`: what is shown, and what is done only with a reason and a word.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { refusedOnce } from '../../testkit/service/deliveryActs.js';
import { inAwayNetwork, plantDelivery } from '../../testkit/world/awayNetwork.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

async function start(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages(), ...inAwayNetwork });
  t.after(() => world.end());
  const id = await plantDelivery(world, refusedOnce(world));
  const { run: admin } = await startAdminCommand(t, world, { environment: { LOGNAME: 'ada' } });
  return { id, short: `…${id.slice(-8)}`, admin };
}

it('deliveries are listed, shown, given up with a word, and told by feed and status', async (t) => {
  const { id, short, admin } = await start(t);
  const listed = await admin('deliveries', '--state', 'backingOff');
  assert.match(
    listed.out,
    new RegExp(`^REQUEST +STATE .*\n${short} +backingOff .*\n${short} failedPrecondition: not now`),
  );
  const shown = await admin('delivery', short);
  assert.match(shown.out, new RegExp(`^Delivery +0x${id}\nState +backingOff`));
  assert.match(shown.out, /\nRefusal +failedPrecondition: not now\n[\s\S]*\nMay be done +try-now, give-up\n/);
  const unreasoned = await admin('delivery', id, 'give-up');
  assert.deepEqual([unreasoned.exitCode, /--reason/.test(unreasoned.err)], [2, true], unreasoned.err);
  const because = ['--reason', 'the reservation is gone'];
  const asked = await admin('delivery', id, 'give-up', ...because);
  assert.deepEqual(
    [asked.exitCode, /^Would happen: Delivery \S+ ends as\s+refused/.test(asked.out)],
    [4, true],
    asked.out,
  );
  assert.equal((await admin('delivery', id, 'give-up', '--yes', ...because)).exitCode, 0);
  assert.match(
    (await admin('delivery', id, '--history')).out,
    /6 .* refused +GIVEN_UP .*\n +by ada: the reservation is gone/,
  );
  const { out } = await admin('status');
  assert.match(out, new RegExp(`needs you  1 +${short} DELIVERY_REFUSED: .*\n +→ admin delivery ${short}\n`));
  const fed = await admin('feed', '--after', '1', '--kind', 'delivery', '--delivery-state', 'refused');
  assert.match(fed.out, new RegExp(`^ +\\d+ .* delivery ${short}  backingOff → refused\n$`));
  const refused = await admin('delivery', id, 'try-now', ...because);
  assert.deepEqual([refused.exitCode, /it is refused/.test(refused.err)], [4, true], refused.err);
  assert.equal((await admin('delivery', 'ab'.repeat(32))).exitCode, 3);
});
