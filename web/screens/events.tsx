// What has changed lately: the end of the feed, and what comes.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { onEvents, recentEvents } from '../feed.js';
import { RequestLink } from '../parts/requestLink.js';
import { State } from '../parts/state.js';
import type { FeedEvent } from '../wire.js';
import { clockTime, shortId } from '../words.js';
import { Target } from './audit.js';

const kept = 500;
const recent = 200;
/** Newest first. They stay while another screen is looked at. */
const events = signal<readonly FeedEvent[]>([]);

function add(more: readonly FeedEvent[]): void {
  const known = new Set(events.value.map(({ feed }) => feed));
  const told = more.filter(({ feed, beat, progress }) => !beat && !progress && !known.has(feed));
  if (told.length === 0) return;
  const all = [...events.value, ...told].sort((a, b) => Number(b.feed) - Number(a.feed));
  events.value = all.slice(0, kept);
}

export function Events() {
  useEffect(() => {
    const leave = onEvents(add);
    const controller = new AbortController();
    void recentEvents(recent, controller.signal).then(add, () => undefined);
    return () => {
      controller.abort();
      leave();
    };
  }, []);
  return (
    <>
      <h1>
        Feed <span class="dim">the last {events.value.length}</span>
      </h1>
      {events.value.length === 0 && <p class="empty">Nothing yet.</p>}
      <ol class="plain feed" reversed>
        {events.value.map((event) => (
          <li key={event.feed}>
            <span class="dim when">
              {event.feed} {clockTime(event.at)}
            </span>{' '}
            <What event={event} />
          </li>
        ))}
      </ol>
    </>
  );
}

function What({ event }: { readonly event: FeedEvent }) {
  const { request, lane, delivery, signer, service, audit, reset } = event;
  if (request?.entry !== undefined) {
    const { row, entry } = request;
    return (
      <>
        <RequestLink id={row?.id ?? ''} /> {entry.from || '–'} → <State path={entry.to} />
        {entry.laneId !== '' && ` on ${entry.laneId}`}
        {entry.failure && <b> {entry.failure.code}</b>}
      </>
    );
  }
  if (lane !== undefined)
    return (
      <>
        <a href="/lanes">{lane.lane?.id}</a> {lane.from || '–'} → <State path={lane.to} />
      </>
    );
  if (delivery !== undefined)
    return <Moved to="/deliveries" what="delivery" id={delivery.delivery?.id ?? ''} transition={delivery.transition} />;
  if (signer !== undefined)
    return <Moved to="/signers" what="signing key" id={signer.signer?.id ?? ''} transition={signer.transition} />;
  if (service !== undefined)
    return (
      <>
        service {service.kind}, life {service.facts['life'] ?? '–'}
      </>
    );
  if (audit !== undefined)
    return (
      <>
        {audit.operator} did <b>{audit.action}</b> <Target of={audit} />: {audit.reason}
      </>
    );
  if (reset !== undefined) return <>what came before {reset.oldest} is not kept any more</>;
  return <>something that this page does not know yet</>;
}

interface MovedParameters {
  readonly to: string;
  readonly what: string;
  readonly id: string;
  readonly transition: { readonly from: string; readonly to: string } | undefined;
}

const Moved = ({ to, what, id, transition }: MovedParameters) => (
  <>
    {what}{' '}
    <a class="id short" href={to} title={id}>
      {shortId(id)}
    </a>{' '}
    {transition?.from || '–'} → <State path={transition?.to ?? ''} />
  </>
);
