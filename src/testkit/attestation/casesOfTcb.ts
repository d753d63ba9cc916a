// Rules V19, V21 to V24, and the table of statuses.

import { components, type MockTcbInfo } from '../../attestation/dev/mockTcb.js';
import { type AttestationCase, upToDate, type VerifiedAs } from './attestationCase.js';

const svn = (...bytes: readonly number[]) =>
  Buffer.concat([Buffer.from(bytes), Buffer.alloc(16 - bytes.length)]).toString('hex');
const platformIs =
  (...statuses: readonly string[]) =>
  (info: MockTcbInfo) => {
    for (const [i, status] of statuses.entries()) Object.assign(info.tcbLevels[i] ?? {}, { tcbStatus: status });
  };
const good = svn(6, 1, 4);
const oldModule = svn(4, 1, 4);
const revokedModule = svn(2, 1, 4);
/** Below the first level in a component that no module identity judges. */
const oldPlatform = svn(6, 1, 3);
const oldDate = '2024-02-01T00:00:00Z';
const moduleDate = '2024-03-01T00:00:00Z';
const platformAdvisory = 'INTEL-SA-00001';
const moduleAdvisory = 'INTEL-SA-00002';
const qeAdvisory = 'INTEL-SA-00003';
const as = (status: VerifiedAs['status'], tcbDate = upToDate.tcbDate, ...advisories: string[]): VerifiedAs => ({
  status,
  tcbDate,
  advisories,
});

export const casesOfTcb: readonly AttestationCase[] = [
  {
    title: 'V19: a quoting enclave below all levels is refused',
    changes: { qe: { isvSvn: 0 } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V21: a platform below all levels is refused',
    changes: { platform: { cpuSvn: svn(1, 4) } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V21: a PCE below all levels is refused',
    changes: { platform: { pceSvn: 10 } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V21: a TD component below all levels is refused',
    changes: { td: { teeTcbSvn: svn(6, 1, 1) } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V21: levels are tried from the highest, whatever their order in the text',
    changes: {
      tcbInfo: (info) => {
        info.tcbLevels.reverse();
      },
    },
    expected: upToDate,
  },
  {
    title: 'V21: the first two TDX components are left to the numbered module',
    changes: {
      tcbInfo: (info) => {
        for (const { tcb } of info.tcbLevels) tcb.tdxtcbcomponents = components(99, 99, 4);
      },
    },
    expected: upToDate,
  },
  {
    title: 'V21: they count when the module has no number',
    changes: { td: { teeTcbSvn: svn(5, 0, 4) } },
    expected: as('OutOfDate', oldDate, platformAdvisory),
  },
  {
    title: 'V22: a module that Intel does not list is refused',
    changes: { td: { teeTcbSvn: svn(6, 2, 4) } },
    expected: 'TCB_MODULE_UNKNOWN',
  },
  {
    title: 'V22: a module below all its levels is refused',
    changes: { td: { teeTcbSvn: svn(1, 1, 4) } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V23: a module of another signer is refused',
    changes: { td: { mrSignerSeam: '01' } },
    expected: 'TCB_MODULE_WRONG',
  },
  {
    title: 'V23: a module with other attributes is refused',
    changes: { td: { seamAttributes: '01' } },
    expected: 'TCB_MODULE_WRONG',
  },
  {
    title: 'V23: attributes outside of the mask must be zero',
    changes: {
      td: { seamAttributes: '01' },
      tcbInfo: (info) => {
        for (const of of info.tdxModuleIdentities) of.attributesMask = '00'.repeat(8);
      },
    },
    expected: 'TCB_MODULE_WRONG',
  },
  {
    title: 'V23: a module without a number is compared with the common one',
    changes: {
      td: { teeTcbSvn: svn(6, 0, 4) },
      tcbInfo: (info) => {
        info.tdxModule.mrsigner = '02'.repeat(48);
      },
    },
    expected: 'TCB_MODULE_WRONG',
  },
  {
    title: 'V24: a module that was updated to one that is not listed is refused',
    changes: { version: 5, td: { teeTcbSvn2: svn(6, 2, 4) } },
    expected: 'TCB_MODULE_UNKNOWN',
  },
  {
    title: 'V24: a platform below all levels by its present versions is refused',
    changes: { version: 5, td: { teeTcbSvn2: svn(6, 1, 1) } },
    expected: 'TCB_LEVEL_NONE',
  },
  {
    title: 'V24: the same holds for the 1.5-Ex body',
    changes: { version: 5, body: 'TD 1.5-Ex', td: { teeTcbSvn2: svn(1, 1, 4) } },
    expected: 'TCB_LEVEL_NONE',
  },
  // The table of statuses.
  {
    title: 'status: UpToDate with an old module is OutOfDate',
    changes: { td: { teeTcbSvn: oldModule } },
    expected: as('OutOfDate', moduleDate, moduleAdvisory),
  },
  {
    title: 'status: UpToDate with an old quoting enclave is OutOfDate',
    changes: { qe: { isvSvn: 2 } },
    expected: as('OutOfDate', upToDate.tcbDate, qeAdvisory),
  },
  {
    title: 'status: SWHardeningNeeded with an old quoting enclave is OutOfDate',
    changes: { qe: { isvSvn: 3 }, tcbInfo: platformIs('SWHardeningNeeded') },
    expected: as('OutOfDate', upToDate.tcbDate, qeAdvisory),
  },
  {
    title: 'status: ConfigurationNeeded with an old module is OutOfDateConfigurationNeeded',
    changes: { td: { teeTcbSvn: oldModule }, tcbInfo: platformIs('ConfigurationNeeded') },
    expected: as('OutOfDateConfigurationNeeded', moduleDate, moduleAdvisory),
  },
  {
    title: 'status: ConfigurationAndSWHardeningNeeded with an old quoting enclave is OutOfDateConfigurationNeeded',
    changes: { qe: { isvSvn: 2 }, tcbInfo: platformIs('ConfigurationAndSWHardeningNeeded') },
    expected: as('OutOfDateConfigurationNeeded', upToDate.tcbDate, qeAdvisory),
  },
  {
    title: 'status: of an old platform with an old module, the older date counts',
    changes: { td: { teeTcbSvn: svn(4, 1, 3) } },
    expected: as('OutOfDate', oldDate, platformAdvisory, moduleAdvisory),
  },
  {
    title: 'status: a revoked platform is Revoked',
    changes: { platform: { cpuSvn: svn(2, 2) } },
    expected: as('Revoked', '2023-02-01T00:00:00Z'),
  },
  {
    title: 'status: a revoked module is Revoked',
    changes: { td: { teeTcbSvn: revokedModule } },
    expected: as('Revoked', '2023-03-01T00:00:00Z'),
  },
  { title: 'status: a revoked quoting enclave is Revoked', changes: { qe: { isvSvn: 1 } }, expected: as('Revoked') },
  {
    title: 'status: an old platform that is up to date now advises a relaunch',
    changes: { version: 5, td: { teeTcbSvn: oldPlatform, teeTcbSvn2: good } },
    expected: as('TDRelaunchAdvised', oldDate, platformAdvisory),
  },
  {
    title: 'status: an old module that was updated advises a relaunch',
    changes: { version: 5, td: { teeTcbSvn: oldModule, teeTcbSvn2: good } },
    expected: as('TDRelaunchAdvised', moduleDate, moduleAdvisory),
  },
  {
    title: 'status: the same on a platform that needs configuration says so',
    changes: { version: 5, td: { teeTcbSvn: oldModule, teeTcbSvn2: good }, tcbInfo: platformIs('ConfigurationNeeded') },
    expected: as('TDRelaunchAdvisedConfigurationNeeded', moduleDate, moduleAdvisory),
  },
  {
    title: 'status: no relaunch helps an old quoting enclave',
    changes: { version: 5, td: { teeTcbSvn: oldModule, teeTcbSvn2: good }, qe: { isvSvn: 2 } },
    expected: as('OutOfDate', moduleDate, moduleAdvisory, qeAdvisory),
  },
  {
    title: 'status: a platform that is revoked by its present versions is Revoked',
    changes: { version: 5, td: { teeTcbSvn2: revokedModule } },
    expected: as('Revoked'),
  },
  {
    title: 'status: an old module that is still old is OutOfDate',
    changes: { version: 5, td: { teeTcbSvn: oldModule, teeTcbSvn2: oldModule } },
    expected: as('OutOfDate', moduleDate, moduleAdvisory),
  },
];
