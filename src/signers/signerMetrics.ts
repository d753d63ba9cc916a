// The signing keys in numbers, in the text form of Prometheus.
import type { Registrar } from './registrar/registrar.js';
import { type SigningState, signingSummary } from './signerStatus.js';
import type { Signers } from './signers.js';

const states: readonly SigningState[] = ['active', 'registering', 'lapsed', 'starting'];

export async function signerMetrics(signers: Signers, registrar: Pick<Registrar, 'balance'>): Promise<string> {
  const { state, lifeLeftS = 0 } = signingSummary(signers);
  const { signatures, registrations, abandoned, faults } = signers.counts;
  const balance = await registrar.balance();
  return [
    ...metric('sealed_tee_signer_state', 'gauge', 'Which state the signing keys are in: 1 for one of them.'),
    ...states.map((each) => `sealed_tee_signer_state{state="${each}"} ${each === state ? 1 : 0}`),
    ...metric('sealed_tee_signer_life_left_seconds', 'gauge', 'Left of the registration of the key that signs.'),
    `sealed_tee_signer_life_left_seconds ${lifeLeftS}`,
    ...metric('sealed_tee_signatures_total', 'counter', 'Signatures made since the start.'),
    `sealed_tee_signatures_total ${signatures}`,
    ...metric('sealed_tee_registrations_total', 'counter', 'Keys on their way to a registration, by outcome.'),
    `sealed_tee_registrations_total{outcome="confirmed"} ${registrations}`,
    `sealed_tee_registrations_total{outcome="abandoned"} ${abandoned}`,
    ...metric('sealed_tee_registration_faults_total', 'counter', 'Failed tries at a registration, by cause.'),
    ...[...faults].map(([cause, times]) => `sealed_tee_registration_faults_total{cause="${cause}"} ${times}`),
    ...(balance === undefined
      ? []
      : [
          ...metric('sealed_tee_registrar_balance_wei', 'gauge', 'What the account has that pays for registrations.'),
          `sealed_tee_registrar_balance_wei ${balance}`,
        ]),
    '',
  ].join('\n');
}

const metric = (name: string, type: 'gauge' | 'counter', help: string) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];
