// All that is fuzzed.
import { attestationTargets } from './attestation.target.js';
import { forwardedTarget } from './forwarded.target.js';
import { framesTarget } from './frames.target.js';
import { framingTarget } from './framing.target.js';
import { http1Target } from './http1.target.js';
import { messagesTarget } from './messages.target.js';
import { networkTarget } from './network.target.js';
import { sealedBodyTarget } from './sealedBody.target.js';
import type { Target } from './target.js';
import { uploadsTarget } from './uploads.target.js';
import { upstreamTarget } from './upstream.target.js';

export const targets: readonly Target[] = [
  messagesTarget,
  framingTarget,
  framesTarget,
  http1Target,
  uploadsTarget,
  sealedBodyTarget,
  upstreamTarget,
  forwardedTarget,
  networkTarget,
  ...attestationTargets,
];
