// What a policy says of the platform: V25 to V28, the machine, the OS image.
import { isZero, toHex } from '../bytes.js';
import { refuse } from '../failure.js';
import { allowableAttributes, type Policy } from '../policy/policy.js';
import type { TdReport } from '../quote/tdReport.js';
import type { QuoteClaims } from '../quoteClaims.js';

type PlatformPolicy = Pick<Policy, 'tcb' | 'td'>;

const daySeconds = 86_400;

/** TCB_STATUS_REFUSED, TCB_ADVISORY_REFUSED (V28). Answers what is said of it when it is good enough. */
export function checkTcbStatus(claims: QuoteClaims, { tcb }: PlatformPolicy, now: number): string {
  const { tcbStatus, tcbDate, advisoryIds, shortfalls } = claims;
  const because = shortfalls.length === 0 ? '' : ` (${shortfalls.join('; ')})`;
  if (tcbStatus === 'Revoked') refuse('TCB_STATUS_REFUSED', `Intel has revoked this platform’s level${because}.`);
  if (!tcb.statuses.includes(tcbStatus))
    refuse(
      'TCB_STATUS_REFUSED',
      `${tcbStatus} since ${tcbDate.slice(0, 10)}${because}; accepted is ${tcb.statuses.join(', ')}.`,
    );
  if (tcbStatus.startsWith('OutOfDate') && now > Date.parse(tcbDate) / 1000 + tcb.graceDays * daySeconds)
    refuse(
      'TCB_STATUS_REFUSED',
      `${tcbStatus} since ${tcbDate.slice(0, 10)}${because}; ${tcb.graceDays} days are granted.`,
    );
  const refused = advisoryIds.filter((id) => tcb.refusedAdvisories.includes(id));
  if (refused.length > 0) refuse('TCB_ADVISORY_REFUSED', `The policy refuses ${refused.join(', ')}.`);
  const unlisted = advisoryIds.filter((id) => !tcb.allowedAdvisories.includes(id));
  // Software has to do its part against these, and only its author can say that it does.
  if (/SWHardeningNeeded$/.test(tcbStatus) && unlisted.length > 0)
    refuse('TCB_ADVISORY_REFUSED', `${tcbStatus} needs ${unlisted.join(', ')} in the policy’s allowedAdvisories.`);
  return `${tcbStatus}, of ${tcbDate.slice(0, 10)}${advisoryIds.length === 0 ? '' : `, ${advisoryIds.join(', ')}`}.`;
}

/** Bits of td_attributes (Intel TDX Module ABI, table 3.23). */
const bit = {
  debug: 0n,
  icssd: 16n,
  servTdExt: 17n,
  lass: 27n,
  septVeDisable: 28n,
  migratable: 29n,
  pks: 30n,
  kl: 31n,
  tpa: 62n,
  perfmon: 63n,
};
const named = Object.values(bit).reduce((mask, at) => mask | (1n << at), 0n);

/** TD_DEBUG, TD_ATTRIBUTES_REFUSED, TD_SERVICE_TD (V25 to V27). */
export function checkTdAttributes(td: TdReport, { td: { allow } }: PlatformPolicy): string {
  const { tdAttributes, later } = td;
  const value = new DataView(tdAttributes.buffer, tdAttributes.byteOffset, 8).getBigUint64(0, true);
  const has = (name: keyof typeof bit) => ((value >> bit[name]) & 1n) === 1n;
  if (has('debug')) refuse('TD_DEBUG', 'The VM is open to its host: it runs in debug mode.');
  const attributes = `td_attributes are ${toHex(tdAttributes)}`;
  if ((value & ~named) !== 0n) refuse('TD_ATTRIBUTES_REFUSED', `${attributes}: profiling or reserved bits are set.`);
  if (has('migratable')) refuse('TD_ATTRIBUTES_REFUSED', `${attributes}: the VM can be moved to another machine.`);
  if (has('servTdExt')) refuse('TD_ATTRIBUTES_REFUSED', `${attributes}: a service TD is bound to the VM.`);
  if (!has('septVeDisable')) refuse('TD_ATTRIBUTES_REFUSED', `${attributes}: SEPT_VE_DISABLE is off.`);
  const refused = allowableAttributes.filter((name) => has(name) && !allow.includes(name));
  if (refused.length > 0)
    refuse('TD_ATTRIBUTES_REFUSED', `${attributes}: the policy’s td.allow does not name ${refused.join(', ')}.`);
  if (later && !isZero(later.mrServiceTd)) refuse('TD_SERVICE_TD', 'A service TD is bound to the VM (MRSERVICETD).');
  return `No debugging, no migration, no service TD (${toHex(tdAttributes)}).`;
}

/** DEVICE_UNKNOWN. */
export function checkDevice({ deviceId }: QuoteClaims, devices: readonly string[]): string {
  if (!devices.includes(deviceId))
    refuse('DEVICE_UNKNOWN', `The machine is ${deviceId}, which the policy does not list.`);
  return `The machine is ${deviceId}.`;
}

/** MEASUREMENT_UNKNOWN. */
export function checkOs({ mrTd, rtmr }: TdReport, images: NonNullable<Policy['os']>): string {
  const found = images.find(
    (image) =>
      image.mrTd === toHex(mrTd) &&
      image.rtmr0.includes(toHex(rtmr[0])) &&
      image.rtmr1 === toHex(rtmr[1]) &&
      image.rtmr2 === toHex(rtmr[2]),
  );
  if (found) return `${found.name}.`;
  const same = images.find((image) => image.rtmr1 === toHex(rtmr[1]) && image.rtmr2 === toHex(rtmr[2]));
  return refuse(
    'MEASUREMENT_UNKNOWN',
    same
      ? `Kernel and root file system are those of ${same.name}, but the VM’s shape or firmware (MRTD, RTMR0) is not listed.`
      : `MRTD ${toHex(mrTd)} with RTMR0 to RTMR2 is no listed OS image.`,
  );
}

/** MEASUREMENT_UNKNOWN. */
export function checkRtmr3({ rtmr }: TdReport, values: readonly string[]): string {
  if (!values.includes(toHex(rtmr[3])))
    refuse('MEASUREMENT_UNKNOWN', `RTMR3 is ${toHex(rtmr[3])}, which is not listed.`);
  return `RTMR3 is ${toHex(rtmr[3])}.`;
}
