#!/usr/bin/env node
// The command `sealed-prover`. Everything else is loaded only where Node.js is new enough for it.
import { findOwnNode, isNewEnough, runUnder, tooOldSentence } from './cli/ownNode.js';

const { node: version } = process.versions;
const own = isNewEnough(version) ? undefined : findOwnNode(process.env);
if (isNewEnough(version)) await import('./cli/realCli.js');
else if (own !== undefined) runUnder(own);
else {
  process.stderr.write(`${tooOldSentence(version, process.execPath)}\n`);
  process.exitCode = 1;
}
