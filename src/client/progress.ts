// How far a request is: an extra of this service beside SP1's wire, `GET /requests/<id>`. Never the truth, never needed.
import type { RequestId } from '../ids.js';
import type { Context } from './context.js';

export interface RequestProgress {
  readonly state: string;
  /** Within the state, for example `waiting` or `running`. */
  readonly phase?: string;
  readonly attempt?: number;
  readonly elapsedMs?: number;
  /** `total` 0 means not known yet. */
  readonly progress?: {
    readonly stage: string;
    readonly done: number;
    readonly total: number;
    readonly cycles: number;
  };
  /** u64 in decimal. */
  readonly execution?: { readonly cycles: string; readonly gas: string };
  readonly failure?: { readonly code: string; readonly message: string };
}

/** A progress line is not worth a long wait. */
const timeoutMs = 2_000;
const maxAnswerBytes = 65_536;

/** Undefined when the service does not say, for whatever reason. Never rejects. @internal */
export async function progress(
  context: Context,
  requestId: RequestId,
  signal: AbortSignal,
): Promise<RequestProgress | undefined> {
  const controller = new AbortController();
  const giveUp = () => controller.abort();
  const cancelTimer = context.clock.wakeIn(timeoutMs, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const url = new URL(`/requests/${requestId}`, context.url).href;
    const headers = context.callerHeaders();
    const { httpStatus, body } = await context.transfer('GET', url, { signal: controller.signal, headers });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      if (size > maxAnswerBytes) return undefined;
      chunks.push(chunk as Buffer);
    }
    if (httpStatus !== 200) return undefined;
    const found: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return isProgress(found) ? found : undefined;
  } catch {
    // No such route, no answer, no JSON: the status call alone decides.
    return undefined;
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', giveUp);
  }
}

function isProgress(found: unknown): found is RequestProgress {
  return typeof found === 'object' && found !== null && typeof (found as { state?: unknown }).state === 'string';
}
