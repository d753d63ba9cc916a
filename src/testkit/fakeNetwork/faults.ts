// What goes wrong at the fake network when a test says so: by method, for so many calls, by chance, or until a moment.
import type { Clock } from '../../clock.js';
import type { code } from '../../transport/grpc/code.js';
import { mulberry32 } from '../mulberry32.js';

export type Fault =
  /** F1, F2: the connection is cut, after what the call does or before it. */
  | { readonly kind: 'lostAfter' | 'lostBefore' }
  /** F3: the connection is cut when half of the answer has left. */
  | { readonly kind: 'cut' }
  /** F4. */
  | { readonly kind: 'delayed'; readonly ms: number }
  /** F5: no answer, and nothing is done, or all of it. */
  | { readonly kind: 'silent' | 'silentAfter' }
  /** F6, F7, F12: a status, with what the call does or without it. */
  | { readonly kind: 'status'; readonly name: keyof typeof code; readonly text: string; readonly effect: boolean }
  /** F8: of a proxy in between, without trailers. */
  | { readonly kind: 'http'; readonly status: number }
  /** F9: the stream is reset, or the connection says that it takes no more calls. */
  | { readonly kind: 'reset' | 'goAway' }
  /** F11: the nonce is refused, with the number that is wanted, or with a wrong one. */
  | { readonly kind: 'nonce'; readonly expected?: bigint }
  /** F15: the call arrives a second time, and that answer is the one that is seen. */
  | { readonly kind: 'twice' }
  /** F25: an OK with an empty message, or with ids that lack a byte. */
  | { readonly kind: 'empty' | 'shortIds' }
  /** F26: enums of numbers that nobody knows, and fields of a newer schema. */
  | { readonly kind: 'newer' };

/** F22: of the store, whose methods are `GetObject` and `PutObject`. */
export type StoreFault =
  | { readonly kind: 'http'; readonly status: number }
  | { readonly kind: 'delayed'; readonly ms: number }
  | { readonly kind: 'cut' | 'wrongBytes' | 'zipBomb' };

export const storeMethods = ['GetObject', 'PutObject'] as const;
export type StoreMethod = (typeof storeMethods)[number];

export interface FaultWindow {
  /** Of calls that it befalls. Without one: of all that come. */
  readonly count?: number;
  /** Of 1. Drawn from the seed of the network. */
  readonly chance?: number;
  /** Epoch ms. */
  readonly until?: number;
}

export interface Faults {
  /** For the next calls of this method. F23: `reads` are all that change nothing, `writes` all that are signed, `*` both. A number is a count. */
  set(method: StoreMethod, fault: StoreFault, when?: number | FaultWindow): void;
  set(method: string, fault: Fault, when?: number | FaultWindow): void;
  /** All that were set. */
  clear(): void;
  /** What befalls this call, which uses one of its count up. */
  next(method: string): Fault | undefined;
  nextOfStore(method: StoreMethod): StoreFault | undefined;
}

const writes = new Set([
  'CreateArtifact',
  'CreateProgram',
  'RequestProof',
  'FulfillProof',
  'FailFulfillment',
  'ExecuteProof',
  'FailExecution',
  'CancelRequest',
  'Bid',
  'Settle',
]);

function concerns(group: string, method: string): boolean {
  if (group === '*') return true;
  if (group === 'writes') return writes.has(method);
  if (group === 'reads') return !writes.has(method);
  return group === method;
}

interface Waiting {
  readonly method: string;
  readonly fault: Fault | StoreFault;
  readonly window: FaultWindow;
  left: number;
}

export function createFaults({ clock, seed = 1 }: { clock: Pick<Clock, 'now'>; seed?: number }): Faults {
  const random = mulberry32(seed);
  let waiting: Waiting[] = [];

  function take(isMeant: (method: string) => boolean): Fault | StoreFault | undefined {
    waiting = waiting.filter(({ window }) => window.until === undefined || window.until > clock.now());
    const found = waiting.find(({ method }) => isMeant(method));
    if (found === undefined || random() >= (found.window.chance ?? 1)) return undefined;
    found.left -= 1;
    if (found.left <= 0) waiting = waiting.filter((each) => each !== found);
    return found.fault;
  }

  return {
    set(method: string, fault: Fault | StoreFault, when: number | FaultWindow = 1) {
      const window = typeof when === 'number' ? { count: when } : when;
      waiting.push({ method, fault, window, left: window.count ?? Number.POSITIVE_INFINITY });
    },
    clear() {
      waiting = [];
    },
    next: (method) =>
      take((group) => !(storeMethods as readonly string[]).includes(group) && concerns(group, method)) as
        | Fault
        | undefined,
    nextOfStore: (method) => take((group) => group === method) as StoreFault | undefined,
  };
}
