// What needs a person, and who watches, in numbers.
import type { Meter } from './meter.js';

const reasons = ['QUARANTINED', 'SILENT', 'LANE_QUARANTINED', 'DEADLINE_NEAR', 'DISK_LOW'] as const;

export function registerNeeds(
  meter: Meter,
  parameters: {
    readonly needs: () => Promise<readonly { readonly reason?: string }[]>;
    readonly watchers: { readonly count: number };
  },
): void {
  meter.gauge(
    { name: 'sealed_needs_you', help: 'What needs a person, by reason.', labels: { reason: reasons } },
    async () => {
      const needs = await parameters.needs();
      return reasons.map((reason) => ({
        labels: { reason },
        value: needs.filter((each) => each.reason === reason).length,
      }));
    },
  );
  meter.gauge({ name: 'sealed_feed_watchers', help: 'Who follows the feed now.' }, () => [
    { value: parameters.watchers.count },
  ]);
}
