// Where one may go: the four screens that are looked at most, and the others behind "More".
import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { path } from '../router.js';

export interface Place {
  readonly name: string;
  readonly to: string;
  /** Pressed after `g`. */
  readonly key: string;
}

interface MenuParameters {
  readonly first: readonly Place[];
  readonly more: readonly Place[];
}

/** What lies below a screen is the same place. */
const isAt = ({ to }: Place) => path.value.split('/')[1] === to.split('/')[1];

export function Menu({ first, more }: MenuParameters) {
  const isOpen = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  useSignalEffect(() => {
    path.value;
    isOpen.value = false;
  });
  const present = more.find(isAt);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen.value) return;
    event.stopPropagation();
    isOpen.value = false;
    button.current?.focus();
  };
  const left = ({ relatedTarget, currentTarget }: FocusEvent) => {
    const isInside = relatedTarget instanceof Node && (currentTarget as Element).contains(relatedTarget);
    if (relatedTarget !== null && !isInside) isOpen.value = false;
  };
  return (
    <nav aria-label="Screens">
      {first.map((place) => (
        <Link key={place.to} place={place} />
      ))}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys that bubble up from its button and its links. */}
      <span class="more-menu" onKeyDown={leave} onFocusOut={left}>
        <button
          type="button"
          ref={button}
          class={present === undefined ? '' : 'at'}
          aria-expanded={isOpen.value}
          aria-controls="more"
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {present?.name ?? 'More'} <span aria-hidden="true">▾</span>
        </button>
        <span id="more" class="list" hidden={!isOpen.value}>
          {more.map((place) => (
            <Link key={place.to} place={place} />
          ))}
        </span>
      </span>
    </nav>
  );
}

const Link = ({ place }: { readonly place: Place }) => (
  <a href={place.to} aria-current={isAt(place) ? 'page' : undefined}>
    {place.name}
  </a>
);
