// A chain of its own for a test: anvil on a free port, with blocks that a test makes, takes back and withholds.
//
//   const chain = await startChain();
//   const { registry, multiProof, verifier } = await deployContracts(chain, { measurements: [id] });
//   await chain.client.setAutomine(false);   // viem's public, wallet and test actions (anvil)
//   await chain.mine(3);                     // three blocks
//   await chain.reorg(2);                    // the last two are others now, without their transactions
//   chain.pause(); chain.resume();           // an RPC that takes connections and does not answer
//   await chain.stop();
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import {
  type Address,
  type Chain as ChainOfViem,
  createTestClient,
  defineChain,
  type Hex,
  http,
  publicActions,
  toHex,
  walletActions,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundryTool } from './foundryTool.js';

export interface ChainAccount {
  readonly address: Address;
  readonly privateKey: Hex;
}

export interface StartChainParameters {
  readonly chainId?: number;
  /** A block every so many seconds; by default one for each transaction, at once. */
  readonly blockTimeS?: number;
}

/** What anvil funds. */
const mnemonic = 'test test test test test test test test test test test junk';
const accountCount = 5;

function createClient(chain: ChainOfViem, url: string) {
  const client = createTestClient({
    chain,
    mode: 'anvil',
    transport: http(url, { retryCount: 0 }),
    pollingInterval: 20,
  });
  return client.extend(publicActions).extend(walletActions);
}

export type ChainClient = ReturnType<typeof createClient>;

export interface Chain {
  readonly url: string;
  readonly chainId: number;
  /** Each has 10,000 ETH. */
  readonly accounts: readonly ChainAccount[];
  readonly client: ChainClient;
  mine(blocks?: number): Promise<void>;
  /** Replaces the last blocks with empty ones: their receipts and what they wrote are gone. */
  reorg(depth: number): Promise<void>;
  /** From now on it takes connections and answers nothing. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

function createAccount(addressIndex: number): ChainAccount {
  const account = mnemonicToAccount(mnemonic, { addressIndex });
  const { privateKey } = account.getHdKey();
  assert.ok(privateKey);
  return { address: account.address, privateKey: toHex(privateKey) };
}

export async function startChain({ chainId = 31337, blockTimeS }: StartChainParameters = {}): Promise<Chain> {
  const args = ['--port', '0', '--chain-id', `${chainId}`, '--accounts', `${accountCount}`];
  if (blockTimeS !== undefined) args.push('--block-time', `${blockTimeS}`);
  const anvil = spawn(foundryTool('anvil'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(anvil, 'close');
  const kill = () => void anvil.kill('SIGKILL');
  process.once('exit', kill);
  const url = await Promise.race([findUrl(anvil.stdout), closed.then(() => assert.fail('anvil has ended'))]);
  const client = createClient(
    defineChain({
      id: chainId,
      name: 'anvil',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [url] } },
    }),
    url,
  );
  return {
    url,
    chainId,
    accounts: Array.from({ length: accountCount }, (_, index) => createAccount(index)),
    client,
    mine: (blocks = 1) => client.mine({ blocks }),
    async reorg(depth) {
      await client.request<{ Method: 'anvil_reorg'; Parameters: [number, []]; ReturnType: null }>({
        method: 'anvil_reorg',
        params: [depth, []],
      });
    },
    pause: () => void anvil.kill('SIGSTOP'),
    resume: () => void anvil.kill('SIGCONT'),
    async stop() {
      process.removeListener('exit', kill);
      // It needs no farewell, and one that is paused would not hear it.
      kill();
      await closed;
    },
  };
}

/** `--port 0` is answered in a line, which `--quiet` would take away. */
async function findUrl(stdout: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: stdout });
  for await (const line of lines) {
    const port = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    // What it says later is read and dropped: a full pipe would stop it.
    stdout.on('data', () => {});
    stdout.resume();
    return `http://127.0.0.1:${port}`;
  }
  return assert.fail('anvil names no port');
}
