// What is known of something, a line each.
import type { ComponentChildren } from 'preact';

/** Lines without a value are left out. */
export type Fact = readonly [name: string, value: ComponentChildren];

export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl>
    {facts.map(
      ([name, value]) =>
        value !== undefined && (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={typeof value === 'string' && value.startsWith('0x') ? 'id' : ''}>{value}</dd>
          </div>
        ),
    )}
  </dl>
);
