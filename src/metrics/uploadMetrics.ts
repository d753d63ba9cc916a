// Uploads in numbers: how many are received and wait, how much room they have taken, and how much is stored.
import type { Catalog } from '../artifacts/catalog.js';
import type { Slots } from '../artifacts/slots.js';
import type { UploadSpace } from '../artifacts/uploadSpace.js';
import { artifactKinds } from '../storedBytes/storedFile.js';
import type { Meter } from './meter.js';

const kinds = ['used', 'limit'] as const;

export function registerUploadMetrics(
  meter: Meter,
  {
    slots,
    space,
    catalog,
  }: {
    readonly slots: Pick<Slots, 'counts'>;
    readonly space: Pick<UploadSpace, 'taken'>;
    readonly catalog: Pick<Catalog, 'stored'>;
  },
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
  const told = (what: 'files' | 'bytes') => () =>
    [...(catalog.stored() ?? [])].map(([kind, found]) => ({ labels: { kind }, value: found[what] }));
  const labels = { kind: artifactKinds };
  meter.gauge(
    { name: 'sealed_artifact_bytes', help: 'Programs, inputs and proofs that are stored, at the last sweep.', labels },
    told('bytes'),
  );
  meter.gauge({ name: 'sealed_artifact_files', help: 'How many files these are.', labels }, told('files'));
}
