// Uploads in numbers: how many are received and wait, and how much room they have taken.
import type { Slots } from '../artifacts/slots.js';
import type { UploadSpace } from '../artifacts/uploadSpace.js';
import type { Meter } from './meter.js';

const kinds = ['used', 'limit'] as const;

export function registerUploadMetrics(
  meter: Meter,
  { slots, space }: { readonly slots: Pick<Slots, 'counts'>; readonly space: Pick<UploadSpace, 'taken'> },
): void {
  meter.gauge({ name: 'sealed_uploads_running', help: 'Uploads that are received now.' }, () => [
    { value: slots.counts.running },
  ]);
  meter.gauge({ name: 'sealed_uploads_waiting', help: 'Uploads that wait for their turn.' }, () => [
    { value: slots.counts.waiting },
  ]);
  meter.gauge(
    {
      name: 'sealed_upload_space_bytes',
      help: 'Room for inputs and programs that are not registered.',
      labels: { kind: kinds },
    },
    () => {
      const { bytes, limitBytes } = space.taken;
      return [
        { labels: { kind: 'used' }, value: bytes },
        { labels: { kind: 'limit' }, value: limitBytes },
      ];
    },
  );
}
