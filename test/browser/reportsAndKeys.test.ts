// Reports to the network and signing keys by the page, in a real browser: the surface of operators in this process, before deliveries of a network
// that is away and keys of a registry that takes what a test says.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { IpcNetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { Address, RequestId } from '../../src/ids.js';
import type { AdminDependencies } from '../../src/rpc/admin/dependencies.js';
import { pageRoutes } from '../../src/rpc/admin/page/pageRoutes.js';
import { startAdmin } from '../../src/testkit/service/adminWorld.js';
import { pausing, refusedOnce } from '../../src/testkit/service/deliveryActs.js';
import { type ScriptedRegistrar, scriptedRegistrar } from '../../src/testkit/signers/scriptedRegistrar.js';
import { createSignersRig, type SignersRig } from '../../src/testkit/signers/signersRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { inAwayNetwork, plantDelivery } from '../../src/testkit/world/awayNetwork.js';
import { deliveryWays } from '../../src/testkit/world/deliveries.js';
import { createMemoryPages } from '../../src/testkit/world/memoryPages.js';
import { createWorld, type World } from '../../src/testkit/world/world.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundlePage, go, type Look, launch, openInBrowser } from './openPage.js';

const because = 'the <b>registry</b> is back';
/** What the network and the registry may say. */
const hostile = `<img src=x onerror="document.title='taken'">\u202e not now`;

describe('an operator, by the page', { skip: withoutChromium, timeout: 300_000 }, () => {
  let browser: Browser;
  let files: Map<string, Uint8Array>;
  before(async () => {
    const folder = temporaryFolder('page');
    await bundlePage(folder);
    files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    browser = await launch();
  });
  after(() => browser.close());

  async function opened(t: TestContext, world: World, parts: Partial<AdminDependencies>, screen: string, look?: Look) {
    const to = (await startAdmin(t, world, parts, { more: pageRoutes(files) })) as IpcNetConnectOpts;
    const shown = await openInBrowser(t, browser, to.path, look);
    await go(shown.page, screen);
    return shown;
  }
  /** Opens the dialog of a button, and answers what would happen. */
  async function asked(within: Locator, button: string): Promise<{ dialog: Locator; effects: string[] }> {
    await within.getByRole('button', { name: `${button}…` }).click();
    const dialog = within.page().getByRole('dialog');
    await dialog.getByText('Would happen:').waitFor();
    return { dialog, effects: await dialog.getByRole('listitem').allTextContents() };
  }
  async function done({ dialog, effects }: { dialog: Locator; effects: string[] }, does: string): Promise<void> {
    await dialog.getByLabel('Reason').fill(because);
    await dialog.getByRole('button', { name: does }).click();
    await dialog.getByText('Done:').waitFor();
    assert.deepEqual(await dialog.getByRole('listitem').allTextContents(), effects);
    await dialog.page().keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }
  const rowOf = (page: Page, id: string) =>
    page.getByRole('row').filter({ has: page.locator(`td.id:first-child[title$="${id}"]`) });

  async function owing(t: TestContext) {
    const world = await createWorld({ pages: createMemoryPages(), ...inAwayNetwork });
    t.after(() => world.end());
    const stateOf = (id: RequestId) => world.assembly.network?.deliveries.viewOf(id)?.state;
    const audited = () => world.assembly.audit.list(10).map(({ action, target, reason }) => [action, target, reason]);
    return { world, stateOf, audited };
  }

  it('tries a delivery now that backs off, and gives up one that the network has refused', async (t) => {
    const { world, stateOf, audited } = await owing(t);
    const paused = await plantDelivery(world, pausing(world));
    const refused = await plantDelivery(world, refusedOnce(world), { networkId: 'ee'.repeat(32) as RequestId });
    const { page, complaints } = await opened(t, world, {}, '/deliveries');
    const tryNow = await asked(rowOf(page, paused), 'Try it now');
    assert.equal(stateOf(paused), 'backingOff');
    await done(tryNow, 'Try the delivery');
    assert.equal(stateOf(paused), 'pending');
    await rowOf(page, paused).getByText('pending').waitFor();
    assert.equal(await rowOf(page, paused).getByRole('button').count(), 0);

    const giveUp = await asked(rowOf(page, refused), 'Give it up');
    assert.equal(await giveUp.dialog.locator(':focus').textContent(), 'Leave it as it is');
    assert.equal(stateOf(refused), 'backingOff');
    await done(giveUp, 'Give up the delivery');
    assert.equal(stateOf(refused), 'refused');
    await rowOf(page, refused).getByText('refused').first().waitFor();
    assert.deepEqual(audited(), [
      ['delivery.give-up', refused, because],
      ['delivery.try-now', paused, because],
    ]);
    await go(page, '/audit');
    await page.getByRole('row').filter({ hasText: 'delivery.give-up' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
    await go(page, '/events');
    await page
      .getByRole('listitem')
      .filter({ hasText: `delivery …${refused.slice(-8)}` })
      .first()
      .waitFor();
    assert.deepEqual(complaints, []);
  });

  it('is told when a delivery has moved since it was seen', async (t) => {
    const { world, stateOf, audited } = await owing(t);
    const id = await plantDelivery(world, refusedOnce(world));
    const { page, complaints } = await opened(t, world, {}, '/deliveries');
    const { dialog } = await asked(rowOf(page, id), 'Give it up');
    await world.clock.advance(60_000);
    await world.settle();
    const moved = stateOf(id);
    await dialog.getByLabel('Reason').fill(because);
    await dialog.getByRole('button', { name: 'Give up the delivery' }).click();
    await dialog.getByText('STALE_VIEW').waitFor();
    assert.equal(stateOf(id), moved);
    assert.deepEqual(audited(), []);
    assert.deepEqual(complaints, []);
  });

  it('comes from what needs a person to a refused delivery, and reads what the network said as text', async (t) => {
    const { world, stateOf } = await owing(t);
    const said = { type: 'REFUSED', refusal: { code: 9, text: hostile } } as const;
    const since = { type: 'SEEN_ASSIGNED', at: world.clock.now() } as const;
    const id = await plantDelivery(world, [...(deliveryWays['submitting'] ?? []), said, since]);
    const { page, complaints } = await opened(t, world, {}, '/deliveries');
    await done(await asked(rowOf(page, id), 'Give it up'), 'Give up the delivery');
    assert.equal(stateOf(id), 'refused');
    await go(page, '/');
    const need = page.getByRole('listitem').filter({ hasText: 'DELIVERY_REFUSED' });
    await need.getByText('<img src=x').waitFor();
    await need.getByRole('link', { name: id.slice(-8) }).click();
    await rowOf(page, id).getByText('<img src=x').waitFor();
    assert.ok(page.url().endsWith('/deliveries?state=refused'));
    assert.equal(await page.locator('#page img').count(), 0);
    assert.notEqual(await page.title(), 'taken');
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(complaints, []);
  });

  it('sees what the network has assigned to it and nobody has asked for here', async (t) => {
    const { world } = await owing(t);
    const network = world.assembly.network ?? assert.fail('it is no front');
    const [id, requester] = ['ad'.repeat(32) as RequestId, 'bc'.repeat(20) as Address];
    const left = () => new Map([[id, { requester, deadlineAt: world.clock.now() }]]);
    const { page, complaints } = await opened(t, world, { network: { ...network, left } }, '/deliveries');
    await page.getByText('Nothing is owed.').waitFor();
    await page.getByRole('heading', { name: 'Left alone (1)' }).waitFor();
    await rowOf(page, id).getByText('0xbcbcbc').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    assert.deepEqual(complaints, []);
  });

  async function signing(t: TestContext) {
    const world = await createWorld({ pages: createMemoryPages() });
    const rig: SignersRig<ScriptedRegistrar> = await createSignersRig({ registrar: scriptedRegistrar });
    t.after(async () => {
      await rig.end();
      await world.end();
    });
    const parts = { ...rig.records, signers: rig.signers, clock: rig.clock };
    const audited = () => rig.records.audit.list(10).map(({ action, target, reason }) => [action, target, reason]);
    const youngest = () => rig.signers.views()[0]?.start.signerId ?? assert.fail('there is no key');
    return { world, rig, parts, audited, youngest };
  }

  it('sees which key signs and where it is registered, and begins a new one', async (t) => {
    const { world, rig, parts, audited, youngest } = await signing(t);
    const first = youngest();
    const { page, complaints } = await opened(t, world, parts, '/signers');
    await rowOf(page, first).getByText('active, signs').waitFor();
    await rowOf(page, first).getByText('0x5f5f5f5f… of chain 31337').waitFor();
    const main = page.locator('#main');
    const rotation = await asked(main, 'Rotate');
    assert.deepEqual(rig.states(), ['active']);
    await done(rotation, 'Begin a new key');
    await rig.until('retired', 'active');
    await rowOf(page, youngest()).getByText('active, signs').waitFor();
    await rowOf(page, first).getByText('retired').waitFor();
    assert.deepEqual(audited(), [['signer.rotate', '', because]]);
    await go(page, '/events');
    await page
      .getByRole('listitem')
      .filter({ hasText: `signing key …${first.slice(-8)}` })
      .first()
      .waitFor();
    assert.deepEqual(complaints, []);
  });

  it('comes from what needs a person to a key that is not registered, and has it tried again', async (t) => {
    const { world, rig, parts, audited, youngest } = await signing(t);
    rig.registrar.trouble = { cause: 'rpc', helps: 'again', detail: hostile };
    await rig.clock.advance(30 * 60_000);
    await rig.settle();
    const id = youngest();
    const { page, complaints } = await opened(t, world, parts, '/');
    const need = page.getByRole('listitem').filter({ hasText: 'SIGNER_UNREGISTERED' });
    await need.getByRole('button', { name: 'Retry it now…' }).waitFor();
    await need.getByRole('link', { name: id.slice(-8) }).click();
    await rowOf(page, id).getByText('quoting.waiting').waitFor();
    await rowOf(page, id).getByText('<img src=x').waitFor();
    assert.equal(await page.locator('#page img').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Rotate…' }).count(), 0);
    rig.registrar.trouble = undefined;
    await page.keyboard.press('.');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: `Retry it now: signing key …${id.slice(-8)}` });
    await dialog.getByText('Would happen:').waitFor();
    assert.equal(rig.states().at(-1), 'quoting.waiting');
    await done({ dialog, effects: await dialog.getByRole('listitem').allTextContents() }, 'Retry the key');
    await rig.settle();
    assert.equal(rig.states().at(-1), 'active');
    await rowOf(page, id).getByText('active, signs').waitFor();
    assert.deepEqual(audited(), [['signer.retry-now', id, because]]);
    assert.deepEqual(complaints, []);
  });

  it('begins a new key where one was given up, from what needs a person', async (t) => {
    const { world, rig, parts, audited } = await signing(t);
    rig.registrar.trouble = { cause: 'refused', helps: 'nothing', detail: 'the registry does not take it' };
    await rig.clock.advance(30 * 60_000);
    await rig.settle();
    assert.equal(rig.states().at(-1), 'abandoned');
    rig.registrar.trouble = undefined;
    const { page, complaints } = await opened(t, world, parts, '/');
    const need = page.getByRole('listitem').filter({ hasText: 'SIGNER_UNREGISTERED' });
    await done(await asked(need, 'Rotate'), 'Begin a new key');
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    assert.deepEqual(audited(), [['signer.rotate', '', because]]);
    assert.deepEqual(complaints, []);
  });

  for (const look of [{ dark: true }, { width: 360, height: 740 }])
    it(`finds nothing by axe, and nothing to scroll sideways, ${JSON.stringify(look)}`, async (t) => {
      const { world: network } = await owing(t);
      await plantDelivery(network, refusedOnce(network));
      const { world, rig, parts } = await signing(t);
      rig.registrar.trouble = { cause: 'rpc', helps: 'again', detail: 'the RPC is down' };
      await rig.clock.advance(30 * 60_000);
      await rig.settle();
      for (const { page, complaints } of [
        await opened(t, network, {}, '/deliveries', look),
        await opened(t, world, parts, '/signers', look),
      ]) {
        await page.getByRole('table').waitFor();
        assert.deepEqual(await axeFindings(page), []);
        assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) <= 0);
        assert.deepEqual(complaints, []);
      }
    });
});
