// Puts registry and MultiProof on a chain: everything that can be refused is refused before the first transaction.
import {
  type Abi,
  type Account,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  createPublicClient,
  createWalletClient,
  defineChain,
  getAddress,
  type Hex,
  http,
  parseAbi,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { anvilAccounts } from './anvilAccounts.js';
import { codeMissing, DeploymentError, rpcWords } from './deploymentError.js';
import { mockDcapVerifier } from './generated/mockDcapVerifier.js';
import { multiProof } from './generated/multiProof.js';
import { proverRegistry } from './generated/proverRegistry.js';

export interface DeployContractsParameters {
  readonly rpcUrl: string;
  /** What the RPC must say that it is. */
  readonly chainId: number;
  readonly privateKey: Hex;
  /** The DCAP verifier of that chain; `mock` deploys one that believes every quote, on a development chain only. */
  readonly verifier: Address | 'mock';
  /** Absent: the deployer. */
  readonly owner?: Address | undefined;
  readonly guardian?: Address | undefined;
  /** SP1's gateway, for `verifyBoth`. */
  readonly gateway?: Address | undefined;
  /** Ids that may register from the start. */
  readonly measurements?: readonly Hex[];
  /** Told of each contract as soon as it is there: a later one may fail. */
  readonly onDeployed?: (deployed: DeployedContract) => void;
}

export interface DeployedContract {
  readonly name: 'verifier' | 'registry' | 'multiProof';
  readonly address: Address;
  readonly transaction: Hex;
  readonly gasUsed: bigint;
}

export interface Deployment {
  readonly chainId: number;
  readonly deployer: Address;
  readonly owner: Address;
  readonly guardian: Address;
  readonly verifier: Address;
  readonly registry: Address;
  readonly multiProof: Address;
  readonly contracts: readonly DeployedContract[];
}

/** Chains that live on one machine. A verifier that believes everything, and keys that everybody has, may be used there. */
export const developmentChains: readonly number[] = [1337, 31337];

const none: Address = '0x0000000000000000000000000000000000000000';
/** A mock says that it is one. */
const mockAbi = parseAbi(['function IS_MOCK() view returns (bool)']);
/** How often an RPC is asked for a receipt (ms). */
const pollingInterval = 1_000;
/** Longer than any chain takes for a transaction with a usual fee (ms). Wrong if transactions are mined after the command has given up. */
const receiptTimeout = 300_000;

type Artifact = { readonly abi: Abi; readonly bytecode: Hex };

function connect(rpcUrl: string, chainId: number, account: Account) {
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const interval = developmentChains.includes(chainId) ? pollingInterval / 20 : pollingInterval;
  const options = { chain, transport: http(rpcUrl), pollingInterval: interval };
  return { rpc: createPublicClient(options), wallet: createWalletClient({ ...options, account }) };
}

type Connection = ReturnType<typeof connect>;

/** Throws DeploymentError. What was deployed before that has been told to `onDeployed`. */
export async function deployContracts(parameters: DeployContractsParameters): Promise<Deployment> {
  const { chainId, owner: givenOwner, guardian = none, gateway = none, measurements = [] } = parameters;
  const account = privateKeyToAccount(parameters.privateKey);
  const owner = givenOwner ?? account.address;
  const connection = connect(parameters.rpcUrl, chainId, account);
  await refuseUnfit(connection, parameters, [account.address, owner, guardian]);

  const contracts: DeployedContract[] = [];
  const deploy = async (name: DeployedContract['name'], artifact: Artifact, args: readonly unknown[]) => {
    const deployed = await deployOne(connection, name, artifact, args);
    contracts.push(deployed);
    parameters.onDeployed?.(deployed);
    return deployed.address;
  };
  const verifier =
    parameters.verifier === 'mock' ? await deploy('verifier', mockDcapVerifier, []) : parameters.verifier;
  const registry = await deploy('registry', proverRegistry, [owner, guardian, verifier, measurements]);
  const address = await deploy('multiProof', multiProof, [owner, registry, gateway]);
  const roles = { deployer: account.address, owner: getAddress(owner), guardian: getAddress(guardian) };
  return { chainId, ...roles, verifier: getAddress(verifier), registry, multiProof: address, contracts };
}

async function refuseUnfit(
  { rpc }: Connection,
  { chainId, verifier, gateway }: DeployContractsParameters,
  accounts: readonly Address[],
): Promise<void> {
  const found = await asked(rpc.getChainId());
  if (found !== chainId)
    throw new DeploymentError(
      'CHAIN_ID_DIFFERS',
      `The RPC speaks for chain ${found}, not for chain ${chainId}. Nothing was sent. Check --rpc and --chain-id.`,
    );
  const isDevelopment = developmentChains.includes(chainId);
  const known = isDevelopment ? undefined : accounts.find((each) => anvilAccounts.includes(each.toLowerCase()));
  if (known !== undefined)
    throw new DeploymentError(
      'PUBLIC_KEY_OF_ANVIL',
      `Everybody has the private key of ${known}, which is an account of anvil. Use a key of your own.`,
    );
  if (verifier !== 'mock') await refuseVerifier(rpc, verifier, chainId);
  else if (!isDevelopment) throw mockRefused(chainId);
  if (gateway !== undefined && !(await hasCode(rpc, gateway))) throw codeMissing('SP1’s gateway', gateway, chainId);
}

async function refuseVerifier(rpc: Connection['rpc'], address: Address, chainId: number): Promise<void> {
  if (!(await hasCode(rpc, address))) throw codeMissing('the DCAP verifier', address, chainId);
  if (developmentChains.includes(chainId)) return;
  const isMock = rpc.readContract({ address, abi: mockAbi, functionName: 'IS_MOCK' }).catch((error) => {
    // The real one has no such function.
    if (error instanceof BaseError && error.walk(isNoAnswer) !== null) return false;
    throw error;
  });
  if (await asked(isMock)) throw mockRefused(chainId);
}

const isNoAnswer = (error: unknown) =>
  error instanceof ContractFunctionRevertedError || error instanceof ContractFunctionZeroDataError;

const mockRefused = (chainId: number) =>
  new DeploymentError(
    'MOCK_VERIFIER',
    `A mock verifier believes every quote, and belongs on a development chain (${developmentChains.join(', ')}), not on chain ${chainId}. Name the chain’s DCAP verifier with --verifier.`,
  );

async function hasCode(rpc: Connection['rpc'], address: Address): Promise<boolean> {
  return ((await asked(rpc.getCode({ address }))) ?? '0x') !== '0x';
}

async function deployOne(
  { rpc, wallet }: Connection,
  name: DeployedContract['name'],
  { abi, bytecode }: Artifact,
  args: readonly unknown[],
): Promise<DeployedContract> {
  const transaction = await sent(wallet.deployContract({ abi, bytecode, args }), `The ${name} was not deployed`);
  const receipt = await sent(
    rpc.waitForTransactionReceipt({ hash: transaction, timeout: receiptTimeout }),
    `Transaction ${transaction} deploys the ${name}, and was not seen in a block`,
  );
  const { contractAddress, status, gasUsed } = receipt;
  if (status !== 'success' || !contractAddress)
    throw new DeploymentError('TRANSACTION_FAILED', `Transaction ${transaction}, for the ${name}, was reverted.`);
  return { name, address: getAddress(contractAddress), transaction: receipt.transactionHash, gasUsed };
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new DeploymentError(
      'RPC_FAILED',
      `The RPC did not answer as one does: ${rpcWords(error)} Nothing was sent. Check --rpc.`,
      { cause: error },
    );
  }
}

async function sent<T>(answer: Promise<T>, sentence: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new DeploymentError('TRANSACTION_FAILED', `${sentence}: ${rpcWords(error)}`, { cause: error });
  }
}
