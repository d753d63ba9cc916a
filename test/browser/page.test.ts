// The operators' page in a real browser, over a real service with a fake engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { gather } from '../../bench/crowd.js';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock as clock } from '../../src/clock.js';
import { Queue } from '../../src/gen/admin/v1/queue_pb.js';
import { Requests } from '../../src/gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../src/ids.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';
import { createRequester, type ServiceRequester, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { withoutChromium } from './chromium.js';
import { axeFindings, bundleForRigs, bundlePage, go, launch, openInBrowser, screensWithoutId } from './openPage.js';

/** What an engine may say: markup, a direction that turns around, and a lot. */
const hostile = `<img src=x onerror="document.title='taken'">\u202e${'<script>document.title="taken"</script>'.repeat(40)}`;
const screens = [...screensWithoutId, '/requests/REQUEST', '/programs/PROGRAM'];

const mostFirstBytes = 45 * 1024;
const mostBytes = 80 * 1024;

it('the page has at most 45 KB gzip to its first use, and 80 KB in all', async (t) => {
  const folder = temporaryFolder('page');
  const { first, later } = await bundlePage(folder);
  const sizeOf = (names: readonly string[]) =>
    names.reduce((total, name) => total + gzipSync(readFileSync(join(folder, name))).byteLength, 0);
  const sizes = { first: sizeOf(first), all: sizeOf([...first, ...later]) };
  t.diagnostic(JSON.stringify(sizes));
  assert.ok(sizes.first > 5_000 && sizes.first <= mostFirstBytes && sizes.all <= mostBytes, JSON.stringify(sizes));
});

describe('the page of operators', { skip: withoutChromium, timeout: 180_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let browser: Browser;
  let id: RequestId;
  let failed: RequestId;
  const socket = () => join(rig.data, 'admin.sock');

  before(async () => {
    await bundleForRigs();
    browser = await launch();
    rig = await createServiceRig({
      script: {
        rules: [
          {
            on: 'prove',
            stdinSha256: createHash('sha256').update(stdinOf('what fails')).digest('hex'),
            act: { kind: 'proverError', text: hostile },
          },
          {
            on: 'prove',
            progress: [{ stage: 'proving', done: 3, total: 96, cycles: 0 }],
            act: { kind: 'hang' },
          },
        ],
      },
    });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock });
    await requester.register();
    failed = await requester.submit(stdinOf('what fails'));
    await service.until((line) => line.requestId === failed && line.to === 'failed');
    id = await requester.submit(stdinOf('what is proved'));
  });
  after(async () => {
    await browser.close();
    requester.close();
    await rig.end();
  });

  it('shows requests as they are, and those that come, and its key is not in its address', async (t) => {
    const { page, complaints, origin } = await openInBrowser(t, browser, socket());
    await page.getByText('Nothing needs you').waitFor();
    assert.equal(page.url(), `${origin}/`);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    const row = page.locator(`#row-${id}`);
    await row.getByText('proving.running').waitFor();
    await row.getByText('3/96').waitFor();
    const second = await requester.submit(stdinOf('what comes'));
    await page.locator(`#row-${second}`).getByText('proving.waiting').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows what an engine says as text, whatever it says', async (t) => {
    const { page, complaints } = await openInBrowser(t, browser, socket());
    await go(page, `/requests/${failed}`);
    await page.getByText('ATTEMPTS_EXHAUSTED').first().waitFor();
    await page.getByText('<img src=x onerror').first().waitFor();
    assert.equal(await page.locator('#page img, #page script').count(), 0);
    assert.notEqual(await page.title(), 'taken');
    assert.deepEqual(complaints, []);
  });

  it('reports to its browser what its CSP forbids: markup that is made of text, and what comes from elsewhere', async (t) => {
    const { page } = await openInBrowser(t, browser, socket());
    await page.getByText('Nothing needs you').waitFor();
    const refused = await page.evaluate(`(async () => {
      const reports = [];
      const reported = new Promise((resolve) =>
        document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => {
          reports.push(violatedDirective);
          if (reports.length === 2) resolve(reports);
        }),
      );
      let markup = 'made';
      try {
        document.body.insertAdjacentHTML('beforeend', '<b>made</b>');
      } catch {
        markup = 'refused';
      }
      new Image().src = 'https://example.org/x.png';
      return [markup, ...(await reported)];
    })()`);
    assert.deepEqual(refused, ['refused', 'require-trusted-types-for', 'img-src']);
  });

  it('is walked by the keyboard alone', async (t) => {
    const { page, complaints } = await openInBrowser(t, browser, socket());
    await page.getByRole('heading', { name: 'Lanes' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.locator(`#row-${id}`).waitFor();
    await page.keyboard.press('j');
    assert.equal(await page.locator('.row.at').getAttribute('aria-rowindex'), '2');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const at = await page.locator('.row.at').getAttribute('id');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Path' }).waitFor();
    assert.ok(page.url().endsWith(`/requests/${at?.slice('row-'.length)}`));
    await page.keyboard.press('Escape');
    await page.getByRole('grid').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(failed.slice(-8));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Path' }).waitFor();
    assert.ok(page.url().endsWith(`/requests/${failed.slice(-8)}`));
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.deepEqual(complaints, []);
  });

  it('draws where a request has been, and ends it: a dry run first, a reason, and who did it', async (t) => {
    const other = await requester.submit(stdinOf('what is given up'));
    const { page, complaints } = await openInBrowser(t, browser, socket());
    await go(page, `/requests/${other}`);
    await page.locator('.box.present', { hasText: 'waiting' }).waitFor();
    assert.ok((await page.locator('.line.taken').count()) >= 3);
    await page.getByRole('button', { name: 'Cancel it…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('listitem').first().waitFor();
    await dialog.getByText('Would happen:').waitFor();
    assert.equal(await dialog.locator(':focus').textContent(), 'Leave it as it is');
    const doIt = dialog.getByRole('button', { name: 'Cancel the request' });
    assert.ok(await doIt.isDisabled());
    await dialog.getByLabel('Reason').fill('its owner asked');
    await doIt.click();
    await dialog.getByText('Done:').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.box.present', { hasText: 'cancelled' }).waitFor();
    await go(page, '/events');
    await page.getByRole('listitem').filter({ hasText: 'ada did request.cancel' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  for (const look of [{ dark: false }, { dark: true }, { width: 360, height: 740 }, { width: 320, height: 640 }])
    it(`has nothing that axe finds, and no sideways scrolling, ${JSON.stringify(look)}`, async (t) => {
      const { page, complaints } = await openInBrowser(t, browser, socket(), look);
      const { request } = await callJson({ path: socket() }, Requests.method.get, { id: failed });
      const vkHash = request?.row?.vkHash ?? assert.fail('it is not known');
      for (const screen of screens) {
        await go(page, screen.replace('REQUEST', failed).replace('PROGRAM', vkHash));
        await page.locator('h1').first().waitFor();
        await page.locator('.card, .row, .feed li, .box, .empty').first().waitFor();
        assert.deepEqual(await axeFindings(page), [], screen);
        const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(tooWide) <= 0, `${screen} is ${tooWide} px too wide`);
      }
      assert.deepEqual(complaints, []);
    });

  it('tells nothing to who has no key, comes from elsewhere, or by another name', async (t) => {
    const { page, origin } = await openInBrowser(t, browser, socket());
    const ask = (headers: Record<string, string>, path = '/sealed.admin.v1.Service/Status') =>
      fetch(`${origin}${path}`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...headers },
      });
    const key: string = await page.evaluate(`sessionStorage.getItem('sealed-key')`);
    const good = { authorization: `Bearer ${key}` };
    assert.equal((await ask(good)).status, 200);
    assert.equal((await ask({})).status, 401);
    assert.equal((await ask({ authorization: `Bearer ${key.slice(1)}` })).status, 401);
    assert.equal((await fetch(`${origin}/feed`)).status, 401);
    assert.equal((await fetch(`${origin}/metrics`)).status, 401);
    assert.equal((await ask({ ...good, 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await fetch(origin.replace('127.0.0.1', 'localhost'))).status, 200);
    assert.equal(await statusAs(origin, 'evil.example'), 421);
    const stranger = await openInBrowser(t, browser, socket());
    await stranger.page.evaluate('sessionStorage.clear()');
    await stranger.page.reload();
    await stranger.page.getByText('This tab has no key to the service.').first().waitFor();
  });

  it('passes on the answer to each of many calls, though the service closes after it', async (t) => {
    const { page } = await openInBrowser(t, browser, socket());
    const refused = await page.evaluate(`(async () => {
      const headers = { authorization: 'Bearer ' + sessionStorage.getItem('sealed-key'), 'content-type': 'application/json' };
      const ask = () => fetch('/sealed.admin.v1.Service/Status', { method: 'POST', body: '{}', headers });
      const statuses = [];
      for (let n = 0; n < 200; n += 1) statuses.push((await ask()).status);
      return statuses.filter((status) => status !== 200);
    })()`);
    assert.deepEqual(refused, []);
  });

  it('is brought by `admin page`, which ends with Ctrl-C, and says where no service answers', async () => {
    const cli = scriptedCli({ SEALED_DATA: rig.data });
    const running = runCli(['admin', 'page', '--json'], cli);
    const shown = async () => {
      while (!cli.out().includes('\n')) await new Promise<void>((resolve) => clock.wakeIn(20, resolve));
      return (JSON.parse(cli.out()) as { url: string }).url;
    };
    const url = await Promise.race([shown(), running.then(() => assert.fail(cli.err()))]);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
    const answer = await fetch(url);
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(cli.err(), /#t=/);
    cli.interrupt();
    assert.equal(await running, 130);
    await assert.rejects(fetch(url));
    const lost = scriptedCli({});
    assert.equal(await runCli(['admin', 'page', '--socket', join(rig.folder, 'none.sock')], lost), 6);
    assert.match(lost.err(), /^No service answers at /);
  });

  it('shows what is paused, by whom and why', async (t) => {
    const { page } = await openInBrowser(t, browser, socket());
    const change = { reason: 'replacing <b>gpu-2</b>' };
    await callJson({ path: socket() }, Queue.method.pauseDispatch, { change });
    await page.getByText('replacing <b>gpu-2</b>').waitFor();
    await callJson({ path: socket() }, Queue.method.resumeDispatch, { change });
    await page.getByText('replacing <b>gpu-2</b>').waitFor({ state: 'hidden' });
  });

  it('goes on by itself when the service is killed and started again', async (t) => {
    const { page, complaints } = await openInBrowser(t, browser, socket());
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.locator(`#row-${id}`).getByText('proving.running').waitFor();
    await service.kill();
    await page.getByText('not reached').waitFor();
    service = await rig.serve();
    await page.getByRole('status').getByText('live').waitFor();
    const third = await requester.submit(stdinOf('what comes after'));
    await page.locator(`#row-${third}`).waitFor();
    assert.deepEqual(complaints, []);
  });
});

it('thousands of open requests are one list, of which only what is in sight is there', {
  skip: withoutChromium,
  timeout: 180_000,
}, async (t) => {
  const count = 1_200;
  await bundleForRigs();
  const { socketPath, end } = await gather(count);
  t.after(end);
  const browser = await launch();
  t.after(() => browser.close());
  const { page, complaints } = await openInBrowser(t, browser, socketPath);
  await go(page, '/requests');
  await page.locator('.all .row').first().waitFor();
  const [most, seen] = (await page.evaluate(`(async () => {
    const box = document.querySelector('.rows');
    const seen = new Set();
    let most = 0;
    for (let last = -1; last !== box.scrollTop || !/ ${count}$/.test(document.querySelector('h1').textContent); ) {
      const rows = [...document.querySelectorAll('.all .row')];
      most = Math.max(most, rows.length);
      for (const { id } of rows) seen.add(id);
      last = box.scrollTop;
      box.scrollTop += 500;
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    }
    for (const { id } of document.querySelectorAll('.all .row')) seen.add(id);
    return [most, seen.size];
  })()`)) as [number, number];
  assert.ok(most > 10 && most <= 60, `${most} rows`);
  assert.equal(seen, count);
  await page.getByRole('heading', { name: `Requests ${count}` }).waitFor();
  assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), String(count + 1));
  await page.keyboard.press('Home');
  await page.locator('.row.at[aria-rowindex="2"]').waitFor();
  assert.deepEqual(complaints, []);
});

/** `fetch` sends no host but its own. */
async function statusAs(origin: string, host: string): Promise<number | undefined> {
  const { request } = await import('node:http');
  return await new Promise((resolve, reject) => {
    request(origin, { headers: { host } }, ({ statusCode }) => resolve(statusCode))
      .on('error', reject)
      .end();
  });
}
