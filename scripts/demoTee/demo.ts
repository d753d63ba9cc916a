// TEE proofs from one end to the other, on this machine alone: a chain, the contracts, a service that signs, a private input, the signature
// checked without and with the chain, a forged one refused, and all of it again after a rotation.
import { rmSync } from 'node:fs';
import { startChain } from '../../src/testkit/chain/chain.js';
import { ChainOfDemo } from './onChain.js';
import type { Report } from './report.js';
import { type SigningService, startSigningService } from './service.js';

export interface DemoParameters {
  readonly report: Report;
  /** Called when a proof is signed, before anything is verified: for tests of what a broken registry does to the outcome. */
  readonly tamper?: (chain: ChainOfDemo, signer: string) => Promise<void>;
}

/** Tells the report. Never rejects. */
export async function demonstrate({ report, tamper }: DemoParameters): Promise<void> {
  const stops: Array<() => unknown> = [];
  try {
    const chain = await startChain();
    stops.push(() => chain.stop());
    const onChain = await ChainOfDemo.deploy(chain);
    report.row('Chain', `anvil, ${chain.url}, chain ${chain.chainId}`);
    report.row('Registry', `${onChain.registry} (its DCAP verifier is a mock: this is a demonstration)`);
    report.row('MultiProof', onChain.multiProof);
    const service = await startSigningService({ chain, registry: onChain.registry });
    stops.push(
      () => rmSync(service.folder, { recursive: true, force: true }),
      () => service.stop(),
    );
    await verify(report, onChain, service, tamper);
  } catch (error) {
    report.failed(error);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function verify(
  report: Report,
  onChain: ChainOfDemo,
  service: SigningService,
  tamper: DemoParameters['tamper'],
): Promise<void> {
  const first = await service.activeSigner();
  const [life, gas] = [await onChain.lifeLeft(first), await onChain.registrationGas(first)];
  report.row('Service', `${service.url}, with development quotes`);
  report.row('Key', `${first}, registered for ${life} s (${gas} gas)`);
  const proof = await service.prove('a secret');
  await tamper?.(onChain, first);
  report.row('Private input', 'a text, of which the program commits to the SHA-256 alone');
  report.row('Proof', `${proof.bytes.byteLength} bytes, ${proof.tookMs} ms from request to file`);
  report.row('Public values', `0x${Buffer.from(proof.publicValues).toString('hex')}`);
  report.check('off chain', proof.isSignedBy(first), 'by the bytes, the program and the key');
  const isAccepted = await onChain.accepts(proof);
  const cost = isAccepted ? `a transaction of ${await onChain.verificationGas(proof)} gas` : '';
  report.check('on chain', isAccepted, cost);
  report.check('as SP1’s verifier', await onChain.acceptsAsSp1(proof), 'verifyProof(bytes32,bytes,bytes)');

  const forged = proof.withOtherPublicValues();
  report.check('forged, off chain', !forged.isSignedBy(first), 'refused: one public value was changed');
  report.check('forged, on chain', !(await onChain.accepts(forged)), 'refused');

  await service.rotate();
  const second = await service.activeSigner(first);
  report.row('Rotated', `${second}, while ${first} signed until it was registered`);
  const later = await service.prove('another secret');
  report.check('new key, off chain', later.isSignedBy(second) && !later.isSignedBy(first), 'by the new key alone');
  report.check('new key, on chain', await onChain.accepts(later), 'accepted');
  report.check('old proof, on chain', await onChain.accepts(proof), 'accepted: its key is registered for a while yet');
}
