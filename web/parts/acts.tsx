// Actions of operators, each in a dialog: what would happen is asked for first and shown, and nothing is done without a reason.
import { signal, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Act, Field } from '../acts.js';
import { CallError, call } from '../wire.js';
import { Problem } from './problem.js';

const leastReason = 3;

/** Of the one dialog of the page. It outlives the button that has opened it, which goes when the action is done. */
const asked = signal<Act | undefined>(undefined);

export function Acts({ acts }: { readonly acts: readonly Act[] }) {
  if (acts.length === 0) return null;
  return (
    <span class="acts">
      {acts.map((act) => (
        <button key={act.method} type="button" onClick={() => (asked.value = act)}>
          {act.name}…
        </button>
      ))}
    </span>
  );
}

export const ActDialog = () => asked.value && <Dialog act={asked.value} />;

function Dialog({ act }: { readonly act: Act }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  const reason = useSignal('');
  const value = useSignal(act.field?.value ?? '');
  const effects = useSignal<readonly string[]>([]);
  const fitting = useSignal(0);
  const typed = useSignal('');
  const problem = useSignal<CallError | undefined>(undefined);
  const step = useSignal<'asking' | 'shown' | 'doing' | 'done'>('asking');
  /** Of the last call: an answer to an earlier one is about something else. */
  const last = useRef(0);
  /** Of what is asked for now: when its answer was lost, it is asked for again and done once. */
  const operationId = useRef('');

  async function ask(dryRun: boolean): Promise<void> {
    const before = step.value;
    last.current += 1;
    const own = last.current;
    if (dryRun) operationId.current = crypto.randomUUID();
    step.value = dryRun ? 'asking' : 'doing';
    problem.value = undefined;
    try {
      const answer = await call(act.method, {
        ...(act.id !== undefined && { id: act.id }),
        ...(act.field && { [act.field.name]: sent(act.field, value.value) }),
        ...(act.many && { ...act.many, expectedCount: dryRun ? 0 : Number(typed.value) }),
        change: {
          reason: dryRun ? 'a look at what it would do' : reason.value,
          dryRun,
          expectedSeq: act.seq ?? 0,
          operationId: operationId.current,
        },
      });
      if (last.current !== own) return;
      effects.value = answer.changed?.effects ?? [];
      fitting.value = answer.fitting ?? 0;
      step.value = answer.changed?.applied ? 'done' : 'shown';
      if (step.value === 'done') act.done?.();
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (last.current !== own) return;
      problem.value = error;
      // What a dry run was refused with is no plan to be done. A reason can be worded anew.
      step.value = dryRun ? 'asking' : before;
      if (dryRun) effects.value = [];
    }
  }
  useLayoutEffect(() => {
    dialog.current?.showModal();
    // Nothing is ended by a key that was pressed too often.
    leave.current?.focus();
    void ask(true);
  }, []);
  const change = (to: string) => {
    value.value = to;
    void ask(true);
  };
  const isDone = step.value === 'done';
  const isCounted = act.many === undefined || (fitting.value > 0 && typed.value.trim() === `${fitting.value}`);
  return (
    <dialog ref={dialog} aria-labelledby="act" onClose={() => (asked.value = undefined)}>
      <h2 id="act">
        {act.name}: {act.target}
      </h2>
      <div aria-live="polite">
        {effects.value.length > 0 && <p>{isDone ? 'Done:' : 'Would happen:'}</p>}
        <ul>
          {effects.value.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      </div>
      <Problem problem={problem.value} />
      {!isDone && act.field && (
        <Input field={act.field} value={value.value} change={change} disabled={step.value === 'doing'} />
      )}
      {!isDone && act.many && (
        <p>
          <label>
            Their number, to be typed{' '}
            <input
              inputMode="numeric"
              autocomplete="off"
              size={6}
              value={typed.value}
              onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
            />
          </label>
        </p>
      )}
      {!isDone && (
        <p>
          <label>
            Reason, for the audit{' '}
            <input
              maxLength={200}
              value={reason.value}
              onInput={({ currentTarget }) => (reason.value = currentTarget.value)}
            />
          </label>
        </p>
      )}
      <button type="button" ref={leave} onClick={() => dialog.current?.close()}>
        {isDone ? 'Close' : 'Leave it as it is'}
      </button>{' '}
      {!isDone && (
        <button
          type="button"
          class={act.isLoss ? 'bad' : ''}
          disabled={step.value !== 'shown' || !isCounted || reason.value.trim().length < leastReason}
          onClick={() => void ask(false)}
        >
          {act.does}
        </button>
      )}
    </dialog>
  );
}

interface InputParameters {
  readonly field: Field;
  readonly value: string;
  readonly change: (to: string) => void;
  readonly disabled: boolean;
}

const types = { moment: 'datetime-local', minutes: 'number', check: 'checkbox' } as const;

function Input({ field, value, change, disabled }: InputParameters) {
  const common = { id: 'act-field', value, disabled };
  return (
    <p>
      <label htmlFor="act-field">{field.label}</label>{' '}
      {field.kind === 'choice' ? (
        <select {...common} onChange={({ currentTarget }) => change(currentTarget.value)}>
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {field.shown?.(choice) ?? choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type={types[field.kind]}
          checked={value === 'true'}
          onChange={({ currentTarget: { type, checked, value: text } }) =>
            change(type === 'checkbox' ? String(checked) : text)
          }
        />
      )}
    </p>
  );
}

/** As the call has it. What is no moment is left to the service to refuse. */
function sent({ kind }: Field, value: string): unknown {
  if (kind === 'check') return value === 'true';
  if (kind === 'minutes') return `${Number(value) * 60}s`;
  return kind === 'moment' ? new Date(value) : value;
}
