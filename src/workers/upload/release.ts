// Frees the memory of a buffer at once. Chunks of an upload are small objects that own much memory outside of the heap, so garbage
// collection alone lets tens of megabytes of finished ones pile up (200 MB upload: 78 MB more resident memory without, 14 MB with).
import { MessageChannel } from 'node:worker_threads';

/** What is transferred to a closed port is detached from us and then dropped by it. Node 20 has no other way. */
const nowhere = (() => {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
})();

/** `bytes` must own its whole buffer and must not be used afterwards. */
export const release = (bytes: Uint8Array<ArrayBuffer>): void => nowhere.postMessage(undefined, [bytes.buffer]);
