// The frame of every screen: where one may go, whether what is shown is live, what the keys do.
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { connection, heardAt, togglePause } from './feed.js';
import { onKey, takeKeys } from './keys.js';
import { ActDialog } from './parts/acts.js';
import { Help } from './parts/help.js';
import { Menu, type Place } from './parts/menu.js';
import { Problem } from './parts/problem.js';
import { navigate, path } from './router.js';
import { Artifacts } from './screens/artifacts.js';
import { AuditTrail } from './screens/audit.js';
import { Deliveries } from './screens/deliveries.js';
import { Events } from './screens/events.js';
import { Failures } from './screens/failures.js';
import { Lanes } from './screens/lanes.js';
import { Machine, machineNames } from './screens/machine.js';
import { Overview } from './screens/overview.js';
import { Program } from './screens/program.js';
import { Programs } from './screens/programs.js';
import { Queue } from './screens/queue.js';
import { Request } from './screens/request.js';
import { Requests } from './screens/requests.js';
import { ServiceScreen } from './screens/service.js';
import { Signers } from './screens/signers.js';
import { CallError } from './wire.js';
import { clockTime } from './words.js';

const first: readonly Place[] = [
  { name: 'Now', to: '/', key: 'n' },
  { name: 'Requests', to: '/requests', key: 'r' },
  { name: 'Lanes', to: '/lanes', key: 'l' },
  { name: 'Failures', to: '/failures', key: 'f' },
];
const more: readonly Place[] = [
  { name: 'Queue', to: '/queue', key: 'q' },
  { name: 'Programs', to: '/programs', key: 'p' },
  { name: 'Artifacts', to: '/artifacts', key: 'a' },
  { name: 'Deliveries', to: '/deliveries', key: 'd' },
  { name: 'Signers', to: '/signers', key: 'k' },
  { name: 'Machine', to: '/machines/request', key: 'm' },
  { name: 'Feed', to: '/events', key: 'e' },
  { name: 'Audit', to: '/audit', key: 'u' },
  { name: 'Service', to: '/service', key: 's' },
];
const places = [...first, ...more];

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
        <Menu first={first} more={more} />
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

const screens: Readonly<Record<string, () => JSX.Element>> = {
  '/': () => <Overview />,
  '/requests': () => <Requests />,
  '/lanes': () => <Lanes />,
  '/queue': () => <Queue />,
  '/failures': () => <Failures />,
  '/programs': () => <Programs />,
  '/artifacts': () => <Artifacts />,
  '/deliveries': () => <Deliveries />,
  '/signers': () => <Signers />,
  '/events': () => <Events />,
  '/audit': () => <AuditTrail />,
  '/service': () => <ServiceScreen />,
  ...Object.fromEntries(machineNames.map((name) => [`/machines/${name}`, () => <Machine key={name} name={name} />])),
};

function Screen() {
  const at = path.value;
  const screen = Object.hasOwn(screens, at) ? screens[at] : undefined;
  if (screen !== undefined) return screen();
  const [, kind, id] = /^\/(requests|programs)\/([^/]+)$/.exec(at) ?? [];
  if (id === undefined) return <p class="empty">There is no such screen.</p>;
  return kind === 'requests' ? <Request key={id} id={decoded(id)} /> : <Program key={id} hash={decoded(id)} />;
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
