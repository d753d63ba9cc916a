// How far the stage is that runs now.
import type { Row } from '../wire.js';
import { grouped } from '../words.js';

type Progress = NonNullable<Row['progress']>;

export const progressText = ({ stage, done, total, cycles }: Progress): string =>
  total > 0 ? `${stage} ${done}/${total}` : cycles === '0' ? stage : `${stage} ${grouped(cycles)} cycles`;

export function ProgressBar({ progress }: { readonly progress: Progress }) {
  const { done, total } = progress;
  return (
    <span class="progress">
      {total > 0 && <progress value={done} max={total} aria-label={`${progress.stage}, ${done} of ${total}`} />}
      <span>{progressText(progress)}</span>
    </span>
  );
}
