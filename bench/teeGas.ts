// What a registration and a verification cost on a chain: whole transactions, their calldata with them. The registry's DCAP verifier is the mock,
// so the verification of the quote itself (millions of gas in Automata's contracts) is not in it.
import { existsSync } from 'node:fs';
import { encodeFunctionData, type Hex, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { multiProof } from '../src/contracts/generated/multiProof.js';
import type { VkHash } from '../src/ids.js';
import { addressOf, secp256k1 } from '../src/tee/secp256k1.js';
import { teeDigest } from '../src/tee/teeProof.js';
import { startChain } from '../src/testkit/chain/chain.js';
import { deployContracts } from '../src/testkit/chain/deployContracts.js';
import { contractsFolder } from '../src/testkit/chain/foundryTool.js';
import { kitMeasurement, registerProver } from '../src/testkit/chain/registerProver.js';
import type { Part } from './setting.js';

const part = 'tee gas';
const vkHash = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash;
const publicValues = Buffer.from('140000006d1a0000c22a0000', 'hex');
const privateKey = new Uint8Array(32).fill(1);

export const measureTeeGas: Part = async ({ say }) => {
  if (!existsSync(`${contractsFolder}/node_modules`)) {
    say('tee: no anvil here (npm run contracts installs it), so no gas');
    return [];
  }
  say('tee: gas');
  const chain = await startChain();
  try {
    const contracts = await deployContracts(chain, { measurements: [kitMeasurement] });
    const prover: Hex = `0x${addressOf(secp256k1.publicKeyCreate(privateKey, false))}`;
    const { gasUsed: registration } = await registerProver(chain, contracts, prover);
    const { signature, recid } = secp256k1.ecdsaSign(teeDigest(vkHash, publicValues), privateKey);
    const [sender] = chain.accounts;
    if (sender === undefined) throw new Error('the chain has no accounts');
    const data = encodeFunctionData({
      abi: multiProof.abi,
      functionName: 'verifyTEEProof',
      args: [`0x${vkHash}`, toHex(publicValues), toHex(Buffer.concat([signature, Buffer.of(27 + recid)]))],
    });
    const account = privateKeyToAccount(sender.privateKey);
    const hash = await chain.client.sendTransaction({
      account,
      chain: chain.client.chain,
      to: contracts.multiProof,
      data,
    });
    const { gasUsed: verification, status } = await chain.client.waitForTransactionReceipt({ hash });
    if (status !== 'success') throw new Error('the contract has refused the proof');
    return [
      {
        part,
        measure: 'registration, a quote of 5,006 bytes, mock verifier',
        value: Number(registration),
        unit: 'gas',
      },
      { part, measure: 'verification of fibonacci', value: Number(verification), unit: 'gas' },
    ];
  } finally {
    await chain.stop();
  }
};
