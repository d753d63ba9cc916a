// What needs a person, and who watches, in numbers.
import { type NeedCode, needCodes } from '../machines/reasons/need.js';
import type { Tally } from '../tally.js';
import type { Meter } from './meter.js';

export function registerNeeds(
  meter: Meter,
  parameters: {
    /** How many there are, by reason. */
    readonly needs: () => Promise<Pick<Tally<NeedCode>, 'of'>>;
    readonly watchers: { readonly count: number };
  },
): void {
  meter.gauge(
    { name: 'sealed_needs_you', help: 'What needs a person, by reason.', labels: { reason: needCodes } },
    async () => {
      const needs = await parameters.needs();
      return needCodes.map((reason) => ({
        labels: { reason },
        value: needs.of(reason),
      }));
    },
  );
  meter.gauge({ name: 'sealed_feed_watchers', help: 'Who follows the feed now.' }, () => [
    { value: parameters.watchers.count },
  ]);
}
