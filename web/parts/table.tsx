// A table within a frame of its own: it scrolls sideways where it does not fit, and the keys must reach it.
import type { ComponentChildren } from 'preact';

interface TableParameters {
  readonly label: string;
  /** One without a name, of buttons, has no heading. */
  readonly columns: readonly string[];
  /** A row each, with a key of its own. */
  readonly children: ComponentChildren;
}

export function Table({ label, columns, children }: TableParameters) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
    <section class="wide" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((name) =>
              name === '' ? (
                <td key={name} />
              ) : (
                <th key={name} scope="col">
                  {name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface MoreParameters {
  readonly next: string | undefined;
  readonly more: () => void;
}

/** Asks for what is behind the last row. */
export const More = ({ next, more }: MoreParameters) =>
  next ? (
    <button type="button" class="more" onClick={more}>
      Show more
    </button>
  ) : null;
