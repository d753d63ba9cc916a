// The real Miden client, as npm has it for browsers, in Node: what it misses of a browser is put in its way before it is loaded.
import 'fake-indexeddb/auto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Its log says what its store does not have, on standard output, which belongs to us. */
function quiet() {
  for (const level of ['log', 'info', 'debug', 'warn']) console[level] = () => {};
}

/** Its exports. */
export async function loadMiden() {
  quiet();
  globalThis.window = globalThis.self = globalThis;
  const { fetch } = globalThis;
  // It loads its WebAssembly from beside its script.
  globalThis.fetch = (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith('file:')) return fetch(input, init);
    return new Response(readFileSync(fileURLToPath(url)), { headers: { 'content-type': 'application/wasm' } });
  };
  const dist = join(import.meta.dirname, 'node_modules', '@miden-sdk', 'miden-sdk', 'dist');
  const script = readdirSync(dist).find((name) => /^Cargo-.*\.js$/.test(name));
  return await import(pathToFileURL(join(dist, script)).href);
}

/** A mint on a mock chain, executed and not proven. */
export async function executeMint({ WebClient, AccountStorageMode, AuthScheme, NoteType }) {
  const client = new WebClient();
  await client.createMockClient();
  const auth = AuthScheme.AuthRpoFalcon512;
  const wallet = await client.newWallet(AccountStorageMode.private(), true, auth);
  const faucet = await client.newFaucet(AccountStorageMode.private(), false, 'DAG', 8, 10_000_000n, auth);
  const mint = await client.newMintTransactionRequest(wallet.id(), faucet.id(), NoteType.Private, 1_000n);
  const result = await client.executeTransaction(faucet.id(), mint);
  return { client, result };
}
