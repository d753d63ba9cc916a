// One figure over time as bars, a minute each, small enough to stand in a line of text. What it shows is said in words, too.

interface Parameters {
  readonly name: string;
  /** Oldest first. */
  readonly values: readonly number[];
  /** The same in a sentence or a few words: seen beside it, and read aloud in place of it. */
  readonly words: string;
  readonly look?: 'good' | 'bad' | 'warn' | 'busy';
}

const step = 4;
const height = 32;

export function Chart({ name, values, words, look = 'busy' }: Parameters) {
  const most = Math.max(1e-9, ...values);
  // A line as low as 1 px says that there was something.
  const heights = values.map((value) => (value <= 0 ? 0 : Math.max(1, Math.round((value / most) * height))));
  const bars = heights.map((tall, index) => (tall === 0 ? '' : `M${index * step} ${height}v${-tall}h3v${tall}z`));
  return (
    <figure class="chart">
      <figcaption>
        {name} <span class="dim">{words}</span>
      </figcaption>
      <svg viewBox={`0 0 ${Math.max(1, values.length) * step} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="floor" d={`M0 ${height - 0.5}h${values.length * step}`} />
        <path class={look} d={bars.join('')} />
      </svg>
    </figure>
  );
}
