// Ends a request, as `sealed-prover admin cancel` does: what would happen is asked for first and shown, and nothing is done without a reason.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { CallError, call, type Row } from '../wire.js';
import { shortId } from '../words.js';

const leastReason = 3;

export function Cancel({ row }: { readonly row: Row }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  const reason = useSignal('');
  const effects = useSignal<readonly string[]>([]);
  const problem = useSignal('');
  const isDone = useSignal(false);

  async function ask(dryRun: boolean): Promise<void> {
    // What was looked at is what is meant: the service refuses it when the request has moved since.
    const change = { reason: reason.value || 'a look at what it would do', dryRun, expectedSeq: row.seq };
    try {
      const { changed } = await call('Requests/Cancel', { id: row.id, change });
      effects.value = changed?.effects ?? [];
      problem.value = '';
      isDone.value = changed?.applied ?? false;
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      problem.value = `${error.code} ${error.message}`;
    }
  }
  const open = () => {
    [reason.value, problem.value, effects.value, isDone.value] = ['', '', [], false];
    dialog.current?.showModal();
    leave.current?.focus();
    void ask(true);
  };
  return (
    <>
      <button type="button" onClick={open}>
        Cancel it…
      </button>
      <dialog ref={dialog} aria-labelledby="cancel">
        <h2 id="cancel">Cancel request {shortId(row.id)}</h2>
        <p>{isDone.value ? 'Done:' : 'Would happen:'}</p>
        <ul>
          {effects.value.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
        {problem.value !== '' && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        {!isDone.value && (
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
        {/* It has the focus: nothing is ended by a key that was pressed too often. */}
        <button type="button" ref={leave} onClick={() => dialog.current?.close()}>
          {isDone.value ? 'Close' : 'Leave it as it is'}
        </button>{' '}
        {!isDone.value && (
          <button
            type="button"
            class="bad"
            disabled={reason.value.trim().length < leastReason}
            onClick={() => void ask(false)}
          >
            Cancel the request
          </button>
        )}
      </dialog>
    </>
  );
}
