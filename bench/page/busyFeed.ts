// The page before a service, with a feed of the bench's own: so many transitions a second of the requests that the service has. One in eight
// is the first of a new request and one in eight the last, as of requests with eight each; all others run and wait in turn.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPage } from '../../src/cli/admin/page.js';
import { socketAt } from '../../src/cli/admin/place.js';
import { systemRandom } from '../../src/random.js';

export interface Busy {
  /** With its key. */
  readonly url: string;
  readonly origin: string;
  /** Nothing happens before. */
  begin(): void;
  close(): void;
}

interface Row {
  readonly id: string;
  readonly seq: number;
  readonly state: string;
  readonly phase: string;
}

/** As the page asks the service to put transitions together (ms). */
const togetherMs = 250;
const pageSize = 500;

export async function serveBusy(socketPath: string, perSecond: number): Promise<Busy> {
  const behind = await openPage({ at: socketAt(socketPath), operator: 'bench', port: 0, random: systemRandom });
  const { port, hash } = new URL(behind.url);
  const rows = await allRows(behind.url);
  const watchers = new Set<ServerResponse>();
  let feed = 1_000_000;
  let timer: NodeJS.Timeout | undefined;

  const tell = (count: number) => {
    let text = '';
    for (let n = 0; n < count; n += 1) {
      feed += 1;
      text += `data: ${JSON.stringify(transition(rows, feed))}\n\n`;
    }
    for (const watcher of watchers) watcher.write(text);
  };
  const server = createServer((asked, response) => {
    if (!asked.url?.startsWith('/feed')) return forward(asked, response, Number(port));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`data: ${JSON.stringify({ feed: String(feed), beat: {} })}\n\n`);
    watchers.add(response);
    response.on('close', () => watchers.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/${hash}`,
    begin() {
      timer = setInterval(tell, togetherMs, (perSecond * togetherMs) / 1_000);
    },
    close() {
      clearInterval(timer);
      for (const each of [server, behind.server]) {
        each.closeAllConnections();
        each.close();
      }
    },
  };
}

function forward(asked: IncomingMessage, response: ServerResponse, port: number): void {
  const { url = '/', method = 'GET', headers } = asked;
  const onward = request({ port, path: url, method, headers: { ...headers, host: `127.0.0.1:${port}` } }, (arrived) => {
    response.writeHead(arrived.statusCode ?? 502, arrived.headers);
    arrived.pipe(response);
  });
  onward.on('error', () => response.destroy());
  asked.pipe(onward);
}

async function allRows(url: string): Promise<Row[]> {
  const { origin, hash } = new URL(url);
  const headers = { authorization: `Bearer ${hash.slice('#t='.length)}`, 'content-type': 'application/json' };
  const rows: Row[] = [];
  for (let token = ''; ; ) {
    const body = JSON.stringify({ page: { size: pageSize, token } });
    const response = await fetch(`${origin}/sealed.admin.v1.Requests/List`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { rows: Row[]; page: { nextToken: string } };
    rows.push(...answer.rows);
    token = answer.page.nextToken;
    if (token === '') return rows;
  }
}

/** Changes `rows` with it. */
function transition(rows: Row[], feed: number): object {
  const at = (feed * 7_919) % rows.length;
  const known = rows[at] as Row;
  const isNew = feed % 8 === 0;
  const row: Row = isNew
    ? { ...known, ...newId(feed), seq: 0, state: 'requested', phase: '' }
    : { ...known, seq: known.seq + 1, ...(feed % 8 === 1 ? ended : known.phase === 'running' ? waits : runs) };
  // One has come and one has ended: there are as many open ones as before.
  rows[at] = row;
  const entry = {
    seq: row.seq,
    from: known.state,
    to: row.state,
    on: 'LANE_GRANTED',
    laneId: '',
    attempt: 1,
    by: '',
    life: 1,
    reason: '',
  };
  return { feed: String(feed), at: new Date().toISOString(), request: { row: { ...row, reason: '' }, entry } };
}

const waits = { state: 'proving', phase: 'waiting' };
const runs = { state: 'proving', phase: 'running' };
const ended = { state: 'fulfilled', phase: '' };

/** Ids begin with their time: newer than all. */
const newId = (feed: number) => ({
  id: Date.now().toString(16).padStart(12, '0') + feed.toString(16).padStart(52, '0'),
});
