// The frame of every screen: where one may go, whether what is shown is live, what the keys do.
import { useSignalEffect } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { connection, heardAt, togglePause } from './feed.js';
import { onKey, takeKeys } from './keys.js';
import { ActDialog } from './parts/acts.js';
import { Help } from './parts/help.js';
import { Problem } from './parts/problem.js';
import { navigate, path } from './router.js';
import { Events } from './screens/events.js';
import { Failures } from './screens/failures.js';
import { Lanes } from './screens/lanes.js';
import { Machine } from './screens/machine.js';
import { Overview } from './screens/overview.js';
import { Queue } from './screens/queue.js';
import { Request } from './screens/request.js';
import { Requests } from './screens/requests.js';
import { CallError } from './wire.js';
import { clockTime } from './words.js';

const places: readonly { readonly name: string; readonly to: string; readonly key: string }[] = [
  { name: 'Now', to: '/', key: 'n' },
  { name: 'Requests', to: '/requests', key: 'r' },
  { name: 'Lanes', to: '/lanes', key: 'l' },
  { name: 'Queue', to: '/queue', key: 'q' },
  { name: 'Failures', to: '/failures', key: 'f' },
  { name: 'Feed', to: '/events', key: 'e' },
  { name: 'Machine', to: '/machines/request', key: 'm' },
];

const unkeyed = new CallError('UNAUTHENTICATED', '');

export function App() {
  const help = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    takeKeys(Object.fromEntries(places.map(({ key, to }) => [key, () => navigate(to)])));
    return onKey({
      '?': () => help.current?.showModal(),
      ' ': togglePause,
      '.': () => document.querySelector<HTMLElement>('#main .acts button')?.focus(),
      Escape: () => history.length > 1 && history.back(),
    });
  }, []);
  useSignalEffect(() => {
    const place = places.find(({ to }) => to === path.value);
    document.title = `${place?.name ?? path.value.split('/').at(-1)} · sealed-prover`;
  });
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header>
        <b>sealed-prover</b>
        <nav aria-label="Screens">
          {places.map(({ name, to }) => (
            <a key={to} href={to} aria-current={isAt(to) ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Live />
        <button type="button" class="quiet" aria-label="Keys" onClick={() => help.current?.showModal()}>
          ?
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {connection.value === 'refused' ? <Problem problem={unkeyed} /> : <Screen />}
      </main>
      <ActDialog />
      <Help dialog={help} places={places} />
    </>
  );
}

/** What lies below a screen is the same place. */
const isAt = (to: string) => path.value.split('/')[1] === to.split('/')[1];

function Screen() {
  const at = path.value;
  if (at === '/') return <Overview />;
  if (at === '/requests') return <Requests />;
  if (at === '/lanes') return <Lanes />;
  if (at === '/queue') return <Queue />;
  if (at === '/failures') return <Failures />;
  if (at === '/events') return <Events />;
  if (at === '/machines/request' || at === '/machines/lane')
    return <Machine key={at} name={at === '/machines/lane' ? 'lane' : 'request'} />;
  const id = /^\/requests\/([^/]+)$/.exec(at)?.[1];
  if (id !== undefined) return <Request key={id} id={decoded(id)} />;
  return <p class="empty">There is no such screen.</p>;
}

/** A stray % is no reason to show nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const words = {
  connecting: 'connecting',
  live: 'live',
  broken: 'not reached',
  asleep: 'asleep',
  paused: 'paused',
  refused: 'no key',
} as const;

/** Spoken when it changes; the time is for eyes only. */
function Live() {
  const at = connection.value;
  return (
    <span class={`live ${at}`}>
      <span role="status">{words[at]}</span>{' '}
      <span aria-hidden="true">{heardAt.value === 0 ? '' : clockTime(new Date(heardAt.value).toISOString())}</span>
    </span>
  );
}
