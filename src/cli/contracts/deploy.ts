// `sealed-prover contracts deploy`: registry and MultiProof on a chain.
import { isAddress } from 'viem';
import { type DeployedContract, type Deployment, deployContracts } from '../../contracts/deployContracts.js';
import { DeploymentError } from '../../contracts/deploymentError.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { formatCount } from '../format.js';
import { toJson } from '../output.js';
import { readSecretKey } from './keyFile.js';

type Hex = `0x${string}`;

export interface ContractsDeployOptions {
  readonly rpc: URL;
  readonly chainId: number;
  readonly keyFile: string;
  readonly verifier?: Hex;
  readonly mockVerifier?: true;
  readonly owner?: Hex;
  readonly guardian?: Hex;
  readonly gateway?: Hex;
  readonly measurement: readonly Hex[];
  readonly json?: true;
}

/** Answers 0. Throws CliError. */
export async function runContractsDeploy({ output }: Cli, options: ContractsDeployOptions): Promise<number> {
  const { rpc, chainId, verifier, owner, guardian, gateway, measurement: measurements, json } = options;
  for (const [flag, address] of Object.entries({ verifier, owner, guardian, gateway })) checkSum(flag, address);
  const asked: Hex | 'mock' | undefined = options.mockVerifier ? 'mock' : verifier;
  if (asked === undefined)
    throw new CliError(
      'USAGE',
      'Name the DCAP verifier of the chain with --verifier, or say --mock-verifier on a development chain.',
      usageExitCode,
    );
  const privateKey = readSecretKey(options.keyFile, '--key-file');
  const onDeployed = (deployed: DeployedContract) => output.note(lineOf(deployed));
  const addresses = { verifier: asked, owner, guardian, gateway };
  const deployment = await deployContracts({
    rpcUrl: rpc.href,
    chainId,
    privateKey,
    measurements,
    onDeployed,
    ...addresses,
  }).catch((error) => {
    if (error instanceof DeploymentError) throw new CliError(error.code, error.message);
    throw error;
  });
  output.print(json ? toJson(deployment) : textOf(deployment));
  if (measurements.length === 0)
    output.note('Nothing can register yet: the owner allows a measurement with setMeasurement(id, true).');
  return 0;
}

/** One wrong digit in an owner's address gives the registry away. Letters of one case hold no checksum. */
function checkSum(flag: string, address: Hex | undefined): void {
  if (address === undefined || /^0x([0-9a-f]+|[0-9A-F]+)$/.test(address) || isAddress(address)) return;
  throw new CliError('USAGE', `The checksum of --${flag} ${address} is wrong: a digit of it differs.`, usageExitCode);
}

const titles = { verifier: 'Mock verifier', registry: 'Registry', multiProof: 'MultiProof' };

const lineOf = ({ name, address, gasUsed, transaction }: DeployedContract) =>
  `${titles[name]} ${address}, ${formatCount(gasUsed)} gas, transaction ${transaction}`;

function textOf({ chainId, registry, multiProof, verifier, owner, guardian, contracts }: Deployment): string {
  const gas = contracts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  return [
    `chain       ${chainId}`,
    `registry    ${registry}`,
    `MultiProof  ${multiProof}`,
    `verifier    ${verifier}`,
    `owner       ${owner}`,
    `guardian    ${BigInt(guardian) === 0n ? 'none' : guardian}`,
    `gas         ${formatCount(gas)}`,
  ].join('\n');
}
