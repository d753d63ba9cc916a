// A state by word and shape, not by colour alone.

const shapes: Readonly<Record<string, string>> = {
  requested: '○',
  executing: '◐',
  proving: '◐',
  verifying: '◐',
  signing: '◐',
  serving: '●',
  draining: '◔',
  waiting: '◔',
  running: '▶',
  backingOff: '↺',
  held: '■',
  fulfilled: '✓',
  failed: '✕',
  cancelled: '⊘',
  expired: '◷',
  ready: '✓',
  busy: '▶',
  preparing: '◔',
  starting: '◔',
  cooling: '↺',
  broken: '✕',
  quarantined: '■',
  stopped: '⊘',
  assigning: '○',
  working: '▶',
  pending: '◔',
  submitting: '▶',
  confirming: '◔',
  delivered: '✓',
  released: '⊘',
  superseded: '⊘',
  refused: '✕',
  withheld: '⊘',
  foreign: '⊘',
  generating: '○',
  sending: '▶',
  active: '✓',
  overlapping: '◔',
  lapsed: '◷',
  retired: '⊘',
  abandoned: '✕',
};
const looks: Readonly<Record<string, string>> = {
  running: 'busy',
  busy: 'busy',
  preparing: 'busy',
  fulfilled: 'good',
  ready: 'good',
  serving: 'good',
  delivered: 'good',
  active: 'good',
  refused: 'bad',
  abandoned: 'bad',
  lapsed: 'warn',
  draining: 'warn',
  failed: 'bad',
  broken: 'bad',
  quarantined: 'bad',
  held: 'warn',
  backingOff: 'warn',
  cooling: 'warn',
  expired: 'warn',
};

/** `path`: `proving.running`, or a lane's state. */
export function State({ path, note = '' }: { readonly path: string; readonly note?: string }) {
  const last = path.split('.').at(-1) ?? '';
  return (
    <span class={`state ${looks[last] ?? ''}`}>
      <span aria-hidden="true">{shapes[last] ?? '·'}</span> {path}
      {note}
    </span>
  );
}
