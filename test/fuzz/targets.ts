// All that is fuzzed.
import { framesTarget } from './frames.target.js';
import { framingTarget } from './framing.target.js';
import { http1Target } from './http1.target.js';
import { messagesTarget } from './messages.target.js';
import type { Target } from './target.js';
import { uploadsTarget } from './uploads.target.js';

export const targets: readonly Target[] = [messagesTarget, framingTarget, framesTarget, http1Target, uploadsTarget];
