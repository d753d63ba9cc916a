// Piscina entry of large reports: hashes what is signed, and sends what was signed, without ever holding a proof.
import { keccak_256 } from '@noble/hashes/sha3';
import { sendReport } from './report/send.js';
import { chunksOf, type ReportAnswer, type ReportTask } from './report/task.js';

export default async (task: ReportTask): Promise<Uint8Array | ReportAnswer> => {
  if (task.kind === 'send') return sendReport(task);
  const hash = keccak_256.create().update(task.head);
  for await (const chunk of chunksOf(task.port)) hash.update(chunk);
  return hash.digest();
};
