// Who waits for the end of a request here. One listener for all of them: ten thousand open requests are not asked one by one whose change
// it was.
import type { RequestId } from '../ids.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';

export interface RequestEnds {
  /** Calls `tell` once, when the request has ended: at once, if it has. Returns a function that takes it out. */
  of(localId: RequestId, tell: (view: RequestView) => void): () => void;
  close(): void;
}

export interface RequestEndsParameters {
  readonly requestView: (localId: RequestId) => RequestView | undefined;
  readonly onRequestChange: (listener: (view: RequestView) => void) => () => void;
}

export function createRequestEnds({ requestView, onRequestChange }: RequestEndsParameters): RequestEnds {
  const waiting = new Map<RequestId, Set<(view: RequestView) => void>>();
  const close = onRequestChange((view) => {
    if (!isTerminal(view)) return;
    const { requestId } = view.request;
    const all = waiting.get(requestId);
    waiting.delete(requestId);
    for (const tell of all ?? []) tell(view);
  });
  return {
    of(localId, tell) {
      const view = requestView(localId);
      if (view !== undefined && isTerminal(view)) {
        tell(view);
        return () => {};
      }
      const mine = waiting.get(localId) ?? new Set();
      waiting.set(localId, mine);
      mine.add(tell);
      return () => {
        mine.delete(tell);
        if (mine.size === 0 && waiting.get(localId) === mine) waiting.delete(localId);
      };
    },
    close,
  };
}
