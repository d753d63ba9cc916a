// TCB statuses, and how those of platform, TDX module, quoting enclave and a running update become one.

/** What Intel may say of a platform; of modules and enclaves it says less. */
export const platformStatuses = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
] as const;

export type PlatformStatus = (typeof platformStatuses)[number];

export const moduleStatuses: readonly PlatformStatus[] = ['UpToDate', 'OutOfDate', 'Revoked'];
export const qeStatuses: readonly PlatformStatus[] = [
  'UpToDate',
  'OutOfDate',
  'ConfigurationNeeded',
  'OutOfDateConfigurationNeeded',
  'Revoked',
];

export type TcbStatus = PlatformStatus | 'TDRelaunchAdvised' | 'TDRelaunchAdvisedConfigurationNeeded';

/** A platform together with one of its components. */
export function converge(platform: PlatformStatus, component: PlatformStatus): PlatformStatus {
  if (component === 'Revoked' || platform === 'Revoked') return 'Revoked';
  if (component !== 'OutOfDate') return platform;
  switch (platform) {
    case 'UpToDate':
    case 'SWHardeningNeeded':
      return 'OutOfDate';
    case 'ConfigurationNeeded':
    case 'ConfigurationAndSWHardeningNeeded':
      return 'OutOfDateConfigurationNeeded';
    default:
      return platform;
  }
}

const isOutOfDate = (status: PlatformStatus) => status.startsWith('OutOfDate');
const needsConfiguration = (status: PlatformStatus) => /Configuration/.test(status);

/** A TD that was launched under an old module which was updated since: it is safe once it is launched again. */
export function withRelaunch(launch: PlatformStatus, current: PlatformStatus): TcbStatus {
  if (launch === 'Revoked' || current === 'Revoked') return 'Revoked';
  if (!isOutOfDate(launch) || isOutOfDate(current)) return launch;
  return needsConfiguration(launch) || needsConfiguration(current)
    ? 'TDRelaunchAdvisedConfigurationNeeded'
    : 'TDRelaunchAdvised';
}
