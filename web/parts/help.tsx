// What the keys do.
import type { RefObject } from 'preact';

interface Parameters {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly places: readonly { readonly name: string; readonly key: string }[];
}

const keys: readonly [string, string][] = [
  ['/', 'find a request by its id'],
  ['j k', 'one row down, one up'],
  ['Enter', 'open it'],
  ['c', 'copy its id'],
  ['x', 'select it, or no more'],
  ['X', 'select from there to here'],
  ['.', 'to what can be done here'],
  ['space', 'pause what is live, or go on'],
  ['Esc', 'select none; back'],
  ['?', 'this'],
];

export function Help({ dialog, places }: Parameters) {
  return (
    <dialog ref={dialog} aria-labelledby="help">
      <h2 id="help">Keys</h2>
      <dl>
        {[...keys, ...places.map(({ name, key }) => [`g ${key}`, name] as const)].map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
