// The operators' page at 10,000 open requests and 500 transitions a second, in Debian's chromium on the same machine: when its first row is
// there, how long its tasks are while the list is scrolled, and whether its memory grows. The requests are those of a service with a fake
// engine. No fake engine makes so many transitions at a steady rate, so the feed is told by the bench itself, in the service's form.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { bundleForRigs, launch, openAt } from '../test/browser/openPage.js';
import { gather } from './crowd.js';
import { type Figure, quantile } from './figures.js';
import { type Busy, serveBusy } from './page/busyFeed.js';
import { mainTasks } from './page/mainTasks.js';
import { type Part, scaled } from './setting.js';

const perSecond = 500;
const rounds = 7;
/** In each of two times. The list begins anew after 80 s. */
const looks = 12;
/** The longest task of each such slice of time is what is looked at (ms): most tasks are far shorter, and say nothing. */
const sliceMs = 100;
const part = 'page';

export const measurePage: Part = async (setting) => {
  const open = scaled(10_000, setting);
  setting.say(`page: making ${open} open requests`);
  await bundleForRigs();
  const { socketPath, end } = await gather(open);
  const browser = await launch();
  const ends: (() => unknown)[] = [];
  const opened = async (url: string) =>
    (await openAt({ after: (leave) => ends.push(leave as () => unknown) }, browser, url)).page;
  const busy = await serveBusy(socketPath, perSecond);
  try {
    setting.say('page: first rows');
    const calm = await firstRows(opened, busy);
    busy.begin();
    const first = await firstRows(opened, busy);
    setting.say('page: scrolling');
    const page = await opened(busy.url);
    await shown(page, `${busy.origin}/requests`);
    const session = await page.context().newCDPSession(page);
    const { wall, processor } = await mainTasks(session, sliceMs, () => scrolled(page));
    setting.say('page: its memory');
    const grown = await growth(session, scaled(looks, setting));
    const note = `${open} open, ${perSecond} transitions a second`;
    return [
      {
        part,
        measure: 'address → first row, p50, nothing happens',
        value: quantile(calm, 0.5),
        unit: 'ms',
        aim: { most: 300 },
      },
      { part, measure: 'address → first row, p50', value: quantile(first, 0.5), unit: 'ms', aim: { most: 300 }, note },
      {
        part,
        measure: 'longest task of each 100 ms of scrolling, p95',
        value: quantile(wall, 0.95),
        unit: 'ms',
        aim: { most: 50 },
        note,
      },
      { part, measure: 'the same, processor time', value: quantile(processor, 0.95), unit: 'ms', aim: { most: 50 } },
      {
        part,
        measure: 'least of its memory, in a time and in the same again: growth',
        value: grown,
        unit: 'kB',
        aim: { most: 1_000 },
      },
    ] satisfies Figure[];
  } finally {
    for (const leave of ends) await leave();
    await browser.close();
    busy.close();
    await end();
  }
};

/** From the beginning of its navigation, with what the browser has kept of earlier visits (ms). */
async function firstRows(opened: (url: string) => Promise<Page>, busy: Busy): Promise<number[]> {
  const page = await opened(busy.url);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await shown(page, `${busy.origin}/requests`));
  await page.close();
  return times;
}

async function shown(page: Page, url: string): Promise<number> {
  await page.goto(url);
  return Number(
    await page.evaluate(`new Promise((resolve) => {
      const look = () => (document.querySelector('.all .row') ? resolve(performance.now()) : requestAnimationFrame(look));
      look();
    })`),
  );
}

/** Down for ten seconds, as far as the pages go, and up again: some 3,000 px a second, as a wheel does. */
async function scrolled(page: Page): Promise<void> {
  await page.evaluate(`(async () => {
    const box = document.querySelector('.rows');
    for (const by of [50, -50])
      for (let frame = 0; frame < 300; frame += 1) {
        box.scrollTop += by;
        await new Promise(requestAnimationFrame);
      }
  })()`);
}

/**
 * Of the least that is left after a collection, from one time to the next (kB): the list grows by some 270 kB between two looks, and begins
 * anew when it is long, so that a difference below 500 kB says nothing.
 */
async function growth(session: CDPSession, looks: number): Promise<number> {
  const least = async () => {
    let found = Number.POSITIVE_INFINITY;
    for (let look = 0; look < looks; look += 1) {
      await sleep(10_000);
      await session.send('HeapProfiler.collectGarbage');
      found = Math.min(found, (await session.send('Runtime.getHeapUsage')).usedSize);
    }
    return found;
  };
  // Some 0.5 MB come with the first life of the list, and stay as they are.
  await least();
  const before = await least();
  return ((await least()) - before) / 1_000;
}
