// What goes on with the public network, told as it happens to whoever keeps the figures of it.
import type { DeliveryView } from '../machines/delivery/view.js';

/** What has said that the network has a request, though its own answer was lost: its details by the id it would have, or a list. */
export type IntentTrace = 'candidate' | 'list' | 'watcher';
/** Why our own count of nonces was given up, or had to begin. */
export type ResyncReason = 'start' | 'tooHigh' | 'foreign' | 'unnumbered' | 'unknown';
/** What was done with a request that the network has assigned to us and that is not known here. */
export type AdoptionWay = 'input' | 'public' | 'failed' | 'left';
/** How one call with a report has ended. */
export type TryResult = 'accepted' | 'nonce' | 'refused' | 'unknown';

export interface NetworkWatch {
  /** A call has ended. `code`: gRPC's number. */
  called(rpc: string, code: number, ms: number): void;
  /** A client's request was passed on and is on disk here, under the network's id. */
  forwarded(ms: number): void;
  intentFound(how: IntentTrace): void;
  tried(result: TryResult): void;
  /** A delivery is on disk in another state. `owedMs`: since when there is a report to make, if that was in this life of the service. */
  moved(view: DeliveryView, owedMs: number | undefined): void;
  resynced(why: ResyncReason): void;
  /** One page of a list of the watcher. */
  pageRead(): void;
  adopted(how: AdoptionWay): void;
  /** The network has a request twice. */
  duplicated(): void;
  programFetched(ms: number, sizeBytes: number): void;
}
