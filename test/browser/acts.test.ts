// What operators do by their page, in a real browser, at a real service with a fake engine: what would happen, what has, and what is refused.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { holdingClock as clock } from '../../src/clock.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { asked, because, done, lastAuditedAt } from './actDialog.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundleForRigs, go, launch, openAt, openInBrowser } from './openPage.js';

const reader = 'reader-0123456789abcdef';
const tooLarge = ['what is too large', 'what is larger still'] as const;

describe('an operator acts by the page', { skip: withoutChromium, timeout: 300_000 }, () => {
  let rig: ServiceRig;
  let requester: ServiceRequester;
  let browser: Browser;
  /** Behind one that has the lane for ever. */
  let waiting: RequestId;
  let running: RequestId;
  const held: RequestId[] = [];
  let port: number;
  const socket = () => join(rig.data, 'admin.sock');

  before(async () => {
    await bundleForRigs();
    browser = await launch();
    rig = await createServiceRig({
      script: {
        rules: [
          ...tooLarge.map((text) => ({
            on: 'prove' as const,
            stdinSha256: createHash('sha256').update(stdinOf(text)).digest('hex'),
            act: { kind: 'proverError' as const, text: 'CUDA_ERROR_OUT_OF_MEMORY' },
          })),
          { on: 'prove', act: { kind: 'hang' } },
        ],
      },
      flags: { 'hold-failed': '1h' },
    });
    const operators = join(rig.folder, 'operators');
    writeFileSync(operators, `read bob token:${reader}\n`);
    const service = await rig.serve({ 'admin-listen': '127.0.0.1:0', operators });
    const line = service.lines.find(({ event }) => event === 'admin.listening');
    port = (JSON.parse(line?.text ?? '{}') as { port: number }).port;
    requester = createRequester(rig.url, { clock });
    await requester.register();
    for (const text of tooLarge) held.push(await requester.submit(stdinOf(text)));
    for (const id of held) await service.until((each) => each.requestId === id && each.to === 'held');
    running = await requester.submit(stdinOf('what is proved'));
    await service.until((each) => each.requestId === running && each.to === 'proving.running');
    waiting = await requester.submit(stdinOf('what waits'));
    await service.until((each) => each.requestId === waiting && each.to === 'proving.waiting');
  });
  after(async () => {
    await browser.close();
    requester.close();
    await rig.end();
  });

  const rowOf = async (id: string) => {
    const { request } = await callJson({ path: socket() }, Requests.method.get, { id });
    assert.ok(request?.row);
    return request.row;
  };
  const lastAudited = () => lastAuditedAt(socket());

  const ids = async (rows: Locator) =>
    await Promise.all((await rows.all()).map(async (row) => (await row.getAttribute('id'))?.slice('row-'.length)));
  const open = async (t: TestContext) => await openInBrowser(t, browser, socket());
  const main = (page: Page) => page.locator('#main');

  it('retries by the keyboard alone a held request that needs them, with the focus on what changes nothing', async (t) => {
    const { page, complaints } = await open(t);
    await page.getByRole('heading', { name: 'Needs you (2)' }).waitFor();
    await page.keyboard.press('.');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Retry it: request …' });
    await dialog.getByText('Would happen:').waitFor();
    assert.equal(await dialog.locator(':focus').textContent(), 'Leave it as it is');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    for (const id of held) assert.equal((await rowOf(id)).state, 'held');
    // Where they were is where they are again.
    await page.keyboard.press('Enter');
    await dialog.getByText('Would happen:').waitFor();
    const about = await dialog.getByRole('listitem').first().textContent();
    const id = held.find((each) => about?.includes(each)) ?? assert.fail(`${about}`);
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type(because);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.getByText('Done:').waitFor();
    assert.equal(await dialog.getByRole('listitem').first().textContent(), about);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Needs you (1)' }).waitFor();
    assert.equal((await rowOf(id)).state, 'proving');
    assert.equal(await lastAudited(), `request.retry ${id}: ${because}`);
    assert.deepEqual(complaints, []);
  });

  it('gives up a held request', async (t) => {
    const { page, complaints } = await open(t);
    const { rows } = await callJson({ path: socket() }, Requests.method.list, { filter: { states: ['held'] } });
    const id = rows[0]?.id ?? assert.fail('none is held');
    await go(page, `/requests/${id}`);
    await done(await asked(main(page), 'Give it up'), 'Give up the request');
    assert.equal((await rowOf(id)).state, 'failed');
    await main(page).getByRole('button', { name: 'Give it up…' }).waitFor({ state: 'hidden' });
    assert.equal(await main(page).locator('.acts').count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('moves a deadline, and says what is wrong with one that is too near, which cannot be done', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, `/requests/${waiting}`);
    const before = Number((await rowOf(waiting)).deadline?.seconds);
    const dialog = await asked(main(page), 'Deadline');
    await dialog.getByLabel('Reason').fill(because);
    const does = dialog.getByRole('button', { name: 'Move the deadline of the request' });
    const later = await dialog.getByLabel('New deadline').inputValue();
    await dialog.getByLabel('New deadline').fill('2020-01-01T00:00');
    await dialog.getByLabel('New deadline').press('Tab');
    await dialog.getByRole('alert').getByText('a minute from now').waitFor();
    assert.equal(await dialog.getByText('Would happen:').count(), 0);
    assert.ok(await does.isDisabled());
    await dialog.getByLabel('New deadline').fill(later);
    await dialog.getByLabel('New deadline').press('Tab');
    await dialog.getByText('Would happen:').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.setViewportSize({ width: 320, height: 640 });
    const tooWide = await page.evaluate(
      `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('dialog[open]'))`,
    );
    assert.equal(tooWide, 0);
    await done(dialog, 'Move the deadline of the request');
    const moved = Number((await rowOf(waiting)).deadline?.seconds) - before;
    assert.ok(moved > 3_600 - 60 && moved <= 3_600, `${moved} s`);
    assert.deepEqual(complaints, []);
  });

  it('ranks a request among others, and offers only what it is not', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, `/requests/${waiting}`);
    const dialog = await asked(main(page), 'Priority');
    assert.deepEqual(await dialog.getByRole('option').allTextContents(), ['first', 'last']);
    await dialog.getByLabel('Priority').selectOption('last');
    await dialog.getByText('It waits longer itself').waitFor();
    await done(dialog, 'Rank the request');
    assert.equal((await rowOf(waiting)).priority, 'last');
    assert.deepEqual(complaints, []);
  });

  it('does nothing to a request that has moved since it was looked at, and says so', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, `/requests/${waiting}`);
    const dialog = await asked(main(page), 'Cancel it');
    await callJson({ path: socket() }, Requests.method.setPriority, {
      id: waiting,
      priority: 'first',
      change: { reason: because },
    });
    await dialog.getByLabel('Reason').fill(because);
    await dialog.getByRole('button', { name: 'Cancel the request' }).click();
    await dialog.getByRole('alert').getByText('STALE_VIEW').waitFor();
    assert.equal((await rowOf(waiting)).state, 'proving');
    assert.deepEqual(complaints, []);
  });

  // The service's answer is changed on its way here: neither state lasts, or can be brought about. What is asked then is refused by the service itself.
  for (const [name, does, changes, refusal] of [
    ['Release it', 'Release the request', { quarantined: true }, 'it is not set aside'],
    ['Retry it now', 'Retry the request', { phase: 'backingOff' }, 'it is proving.running'],
  ] as const)
    it(`offers ${name} where it fits, and tells its refusal`, async (t) => {
      const { page, complaints } = await open(t);
      await page.route('**/sealed.admin.v1.Requests/Get', async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as { request: { row: object } };
        const request = { ...body.request, row: { ...body.request.row, ...changes } };
        await route.fulfill({ response, json: { ...body, request } });
      });
      await go(page, `/requests/${running}`);
      await main(page)
        .getByRole('button', { name: `${name}…` })
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('alert').getByText(refusal).waitFor();
      await dialog.getByLabel('Reason').fill(because);
      assert.ok(await dialog.getByRole('button', { name: does }).isDisabled());
      await page.unrouteAll({ behavior: 'wait' });
      assert.deepEqual(complaints, []);
    });

  it('acts on those that were selected by the keys, once their number is typed, and no row moves until then', async (t) => {
    const older = await requester.submit(stdinOf('what is chosen'));
    const newer = await requester.submit(stdinOf('what is chosen too'));
    const { page, complaints } = await open(t);
    await go(page, '/requests');
    await page.locator(`#row-${newer}`).getByText('proving.waiting').waitFor();
    for (const key of ['j', 'x', 'j', 'X']) await page.keyboard.press(key);
    await page.getByText('2 selected').waitFor();
    const selected = page.locator('.row[aria-selected=true]');
    assert.deepEqual(await ids(selected), [newer, older]);
    const later = await requester.submit(stdinOf('what comes meanwhile'));
    await page.getByRole('button', { name: '1 new' }).waitFor();
    assert.deepEqual(await ids(page.locator('.row[aria-rowindex="2"]')), [newer]);
    assert.deepEqual(await axeFindings(page), []);
    await page.keyboard.press('.');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Act on them: 2 selected' });
    await dialog.getByLabel('Action').selectOption('cancel');
    await dialog.getByText('cancel is done to each of the 2 open requests that fit.').waitFor();
    await dialog.getByLabel('Reason').fill(because);
    const does = dialog.getByRole('button', { name: 'Do it to each of them' });
    for (const number of ['', '1', '3']) {
      await dialog.getByLabel('Their number').fill(number);
      assert.ok(await does.isDisabled(), number);
    }
    await dialog.getByLabel('Their number').fill('2');
    assert.deepEqual(await axeFindings(page), []);
    await done(dialog, 'Do it to each of them');
    for (const id of [older, newer]) assert.equal((await rowOf(id)).state, 'cancelled');
    assert.equal((await rowOf(later)).state, 'proving');
    await page.locator(`#row-${later}[aria-rowindex="2"]`).waitFor();
    assert.equal(await selected.count(), 0);
    assert.deepEqual(complaints, []);
  });

  it('acts on all that fit a filter, and not when others fit by then', async (t) => {
    const { page, complaints } = await open(t);
    await go(page, '/requests?state=proving.waiting&mode=core');
    const dialog = await asked(main(page), 'Act on all that fit');
    await dialog.getByLabel('Action').selectOption('priority-last');
    const said = await dialog.getByText(/^priority-last is done to each of the \d+ open/).textContent();
    const fitting = Number(/\d+/.exec(said ?? '')?.[0]);
    const one = await requester.submit(stdinOf('what is one more'));
    await page.locator(`#row-${one}`).getByText('proving.waiting').waitFor();
    await dialog.getByLabel('Their number').fill(`${fitting}`);
    await dialog.getByLabel('Reason').fill(because);
    await dialog.getByRole('button', { name: 'Do it to each of them' }).click();
    await dialog.getByRole('alert').getByText('COUNT_DIFFERS').waitFor();
    assert.equal((await rowOf(one)).priority, 'normal');
    assert.deepEqual(complaints, []);
  });

  it('pauses intake for a time and dispatch until it is resumed, beside the words that say so', async (t) => {
    const { page, complaints } = await open(t);
    const dialog = await asked(main(page), 'Pause intake');
    await dialog.getByText('for 1800 s').waitFor();
    await dialog.getByLabel('For minutes').fill('5');
    await dialog.getByLabel('For minutes').press('Tab');
    await dialog.getByText('for 300 s').waitFor();
    await done(dialog, 'Pause intake');
    await done(await asked(main(page), 'Pause dispatch'), 'Pause dispatch');
    for (const what of ['intake', 'dispatch']) {
      await main(page).getByText(`${what} paused`).waitFor();
      await done(await asked(main(page), `Resume ${what}`), `Resume ${what}`);
      await main(page).getByText(`${what} paused`).waitFor({ state: 'hidden' });
    }
    assert.deepEqual(complaints, []);
  });

  it('tells in a sentence what a role may not do', async (t) => {
    const { page, complaints } = await openAt(t, browser, `http://127.0.0.1:${port}/#t=${reader}`);
    await main(page).getByRole('button', { name: 'Pause dispatch…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('alert').getByText('This takes the role operate, and the caller has read.').waitFor();
    await dialog.getByLabel('Reason').fill(because);
    assert.ok(await dialog.getByRole('button', { name: 'Pause dispatch' }).isDisabled());
    assert.deepEqual(complaints, []);
  });
});
