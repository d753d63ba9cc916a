// What the npm package exports as `sealed-prover/attestation`: verification of TDX attestations in Node and in browsers.
// It has no clock, no network, no files: time, collateral and policy come in.
export { adviceOf } from './advice.js';
export { type CutSigned, cutSigned } from './collateral/cutSigned.js';
export { type AppEvents, readAppEvents } from './events/appEvents.js';
export { type EventLogEntry, parseEventLog } from './events/eventLog.js';
export { type Registers, replayEvents } from './events/replayEvents.js';
export { type ExamineParameters, examineQuote, type QuoteExamination } from './examineQuote.js';
export { type AttestationCode, AttestationError, type AttestationFailure, attestationCodes } from './failure.js';
export { parsePolicy, type ReadPolicy } from './policy/parsePolicy.js';
export type { Level, Policy } from './policy/policy.js';
export { parseQuote, type Quote } from './quote/parseQuote.js';
export type { TdBody, TdReport } from './quote/tdReport.js';
export type { QuoteClaims } from './quoteClaims.js';
export { decodeReport } from './report/decodeReport.js';
export { parseEvidence, type ShownEvidence } from './report/parseEvidence.js';
export { type Binding, reportData } from './reportData.js';
export { intelRoot } from './roots.js';
export type { TcbStatus } from './tcb/status.js';
export { type AppraiseParameters, appraise } from './verdict/appraise.js';
export type { Check, CheckId } from './verdict/checks.js';
export type { Evidence, Target, TargetKind } from './verdict/evidence.js';
export type { Facts, Verdict } from './verdict/verdict.js';
export { verifyQuote } from './verifyQuote.js';
