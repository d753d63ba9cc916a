// node client.mjs URL: executes a mint and has it proven by the remote prover at URL, which it knows nothing about. Prints the id of the
// transaction that it executed, and of the one that came back proven.
import { executeMint, loadMiden } from './miden.mjs';

/** Twice what a proof takes on a busy machine (ms). */
const patienceMs = 120_000n;

const miden = await loadMiden();
const { client, result } = await executeMint(miden);
const prover = miden.TransactionProver.newRemoteProver(process.argv[2], patienceMs);
const executed = result.id().toHex();
const proven = await client.proveTransaction(result, prover);
process.stdout.write(`${JSON.stringify({ executed, proven: proven.id().toHex() })}\n`);
process.exit(0);
