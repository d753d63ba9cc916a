// Rules V25 to V28, and the machine and its OS image: a target that is right in all but what the title says.
import { describe } from 'node:test';
import type { TargetChanges } from '../../../testkit/attestation/mockTarget.js';
import {
  type AcceptedTarget,
  acceptsTargets,
  type RefusedTarget,
  refusesTargets,
} from '../../../testkit/attestation/targetCases.js';

const svn = (...bytes: readonly number[]) =>
  Buffer.concat([Buffer.from(bytes), Buffer.alloc(16 - bytes.length)]).toString('hex');
const oldPlatform: TargetChanges = { td: { teeTcbSvn: svn(6, 1, 3) } };
const bit = (n: number, withSept = true) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((1n << BigInt(n)) | (withSept ? 1n << 28n : 0n));
  return { td: { tdAttributes: bytes.toString('hex') } };
};
const needsHardening: TargetChanges = {
  pki: {
    tcbInfo: ({ tcbLevels: [first] }) =>
      Object.assign(first ?? {}, { tcbStatus: 'SWHardeningNeeded', advisoryIDs: ['INTEL-SA-00615'] }),
  },
};
const tcb = (of: object) => (policy: { tcb: object }) => {
  policy.tcb = of;
};

const refused: readonly RefusedTarget[] = [
  ['V25: a VM in debug mode is refused', bit(0), 'td.attributes', 'TD_DEBUG'],
  ...[1, 4, 6, 7, 20, 32, 61].map(
    (n) => [`V26: bit ${n} of the attributes is refused`, bit(n), 'td.attributes', 'TD_ATTRIBUTES_REFUSED'] as const,
  ),
  ['V26: a VM that can be migrated is refused', bit(29), 'td.attributes', 'TD_ATTRIBUTES_REFUSED'],
  ['V26: a VM with an extended service TD is refused', bit(17), 'td.attributes', 'TD_ATTRIBUTES_REFUSED'],
  [
    'V26: a VM without SEPT_VE_DISABLE is refused',
    { td: { tdAttributes: '00'.repeat(8) } },
    'td.attributes',
    'TD_ATTRIBUTES_REFUSED',
  ],
  ...[16, 27, 30, 31, 62, 63].map(
    (n) =>
      [
        `V26: bit ${n} is refused as long as the policy does not name it`,
        bit(n),
        'td.attributes',
        'TD_ATTRIBUTES_REFUSED',
      ] as const,
  ),
  [
    'V27: a VM with a service TD is refused',
    { pki: { version: 5 }, td: { mrServiceTd: '01' } },
    'td.attributes',
    'TD_SERVICE_TD',
  ],
  ['V28: a status that is not listed is refused', oldPlatform, 'tcb.status', 'TCB_STATUS_REFUSED'],
  [
    'V28: Revoked is refused by every policy',
    { td: { teeTcbSvn: svn(2, 1, 4) }, policy: tcb({ statuses: ['UpToDate', 'OutOfDate'], graceDays: 365 }) },
    'tcb.status',
    'TCB_STATUS_REFUSED',
  ],
  [
    'V28: OutOfDate is refused once its days are over',
    { ...oldPlatform, policy: tcb({ statuses: ['OutOfDate'], graceDays: 365 }) },
    'tcb.status',
    'TCB_STATUS_REFUSED',
  ],
  [
    'V28: SWHardeningNeeded needs its advisories in the policy',
    { ...needsHardening, policy: tcb({ statuses: ['SWHardeningNeeded'] }) },
    'tcb.status',
    'TCB_ADVISORY_REFUSED',
  ],
  [
    'V28: an advisory that the policy refuses is refused',
    {
      ...needsHardening,
      policy: tcb({
        statuses: ['SWHardeningNeeded'],
        allowedAdvisories: ['INTEL-SA-00615'],
        refusedAdvisories: ['INTEL-SA-00615'],
      }),
    },
    'tcb.status',
    'TCB_ADVISORY_REFUSED',
  ],
  [
    'collateral that is older than the policy asks for is refused',
    { policy: tcb({ minEvaluationDataNumber: 20 }) },
    'collateral.freshness',
    'COLLATERAL_TOO_OLD',
  ],
  [
    'a machine that is not listed is refused',
    {
      policy: (policy) => {
        policy.devices = ['ab'.repeat(32)];
      },
    },
    'device.identity',
    'DEVICE_UNKNOWN',
  ],
  ['another OS image is refused', { td: { mrTd: 'ff'.repeat(48) } }, 'measurement.os', 'MEASUREMENT_UNKNOWN'],
  [
    'another shape of VM is refused',
    {
      policy: (policy) => {
        policy.os[0].rtmr0 = 'ff'.repeat(48);
      },
    },
    'measurement.os',
    'MEASUREMENT_UNKNOWN',
  ],
  [
    'another RTMR3 is refused',
    {
      policy: (policy) => {
        policy.rtmr3 = ['ff'.repeat(48)];
      },
    },
    'measurement.rtmr3',
    'MEASUREMENT_UNKNOWN',
  ],
];

const accepted: readonly AcceptedTarget[] = [
  ...(['icssd', 'lass', 'pks', 'kl', 'tpa', 'perfmon'] as const).map(
    (name, i) =>
      [
        `V26: ${name} is accepted where the policy names it`,
        {
          ...bit([16, 27, 30, 31, 62, 63][i] ?? 0),
          policy: (policy) => {
            policy.td = { allow: [name] };
          },
        },
      ] as const satisfies readonly [string, TargetChanges],
  ),
  [
    'V28: a status that is listed is accepted with its advisories',
    { ...needsHardening, policy: tcb({ statuses: ['SWHardeningNeeded'], allowedAdvisories: ['INTEL-SA-00615'] }) },
  ],
  [
    'V28: OutOfDate is accepted within its days',
    {
      ...oldPlatform,
      pki: {
        tcbInfo: ({ tcbLevels, tdxModuleIdentities }) => {
          for (const level of [...tcbLevels, ...tdxModuleIdentities.flatMap((of) => of.tcbLevels)])
            level.tcbDate = '2026-03-01T00:00:00Z';
        },
      },
      policy: tcb({ statuses: ['OutOfDate'], graceDays: 120 }),
      td: { teeTcbSvn: svn(6, 1, 3) },
    },
  ],
];

describe('the platform under a policy', () => {
  refusesTargets(refused);
  acceptsTargets(accepted);
});
