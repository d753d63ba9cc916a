// What a policy says of the compose file and of the application that the VM has measured.
import { bytesOfText, equalBytes, fromHex, isZero, toHex } from '../bytes.js';
import type { AppCompose } from '../compose/appCompose.js';
import { parseImage } from '../compose/images.js';
import type { ComposeService } from '../compose/services.js';
import { sha256 } from '../crypto.js';
import type { AppEvents } from '../events/appEvents.js';
import type { Registers } from '../events/replayEvents.js';
import { refuse } from '../failure.js';
import type { ComposePolicy, Policy } from '../policy/policy.js';
import type { TdReport } from '../quote/tdReport.js';

/** RTMR_MISMATCH. */
export function checkRegisters(replayed: Registers, { rtmr }: TdReport): string {
  const different = rtmr.findIndex((value, i) => !equalBytes(value, replayed[i] ?? new Uint8Array()));
  if (different !== -1)
    refuse(
      'RTMR_MISMATCH',
      `The events give another RTMR${different} than the quote has: the log is not this VM’s, or not whole.`,
    );
  return 'The events give RTMR0 to RTMR3 of the quote.';
}

/** COMPOSE_HASH_WRONG: that the file is the measured one. */
export async function verifyComposeFile(raw: string, { composeHash }: AppEvents): Promise<string> {
  const digest = toHex(await sha256(bytesOfText(raw)));
  if (digest !== composeHash)
    refuse(
      'COMPOSE_HASH_WRONG',
      `The compose file that was shown has hash ${digest}, the measured one ${composeHash}.`,
    );
  return raw;
}

/** COMPOSE_HASH_WRONG: the host sets it, so it proves nothing, but it must not say something else. */
export function verifyConfigId({ mrConfigId }: TdReport, { composeHash }: AppEvents): void {
  if (mrConfigId[0] !== 1) return;
  const hash = fromHex(composeHash) ?? new Uint8Array();
  if (!equalBytes(mrConfigId.subarray(1, 33), hash) || !isZero(mrConfigId.subarray(33)))
    refuse(
      'COMPOSE_HASH_WRONG',
      `MRCONFIGID names compose file ${toHex(mrConfigId.subarray(1, 33))}, the events ${composeHash}.`,
    );
}

/** COMPOSE_UNKNOWN. */
export function checkComposeHash({ composeHash }: AppEvents, hashes: readonly string[]): string {
  if (!hashes.includes(composeHash)) refuse('COMPOSE_UNKNOWN', `The compose file ${composeHash} is not listed.`);
  return `The compose file is ${composeHash}.`;
}

/** IMAGE_UNPINNED, IMAGE_UNKNOWN. */
export function checkImages(services: readonly ComposeService[], { images }: ComposePolicy): string {
  for (const { name, image } of services) {
    const pinned = parseImage(image);
    if (pinned === undefined)
      return refuse(
        'IMAGE_UNPINNED',
        `Service ${name} runs ${image === '' ? 'no image' : image.slice(0, 200)}, not one by digest.`,
      );
    if (images && !images.get(pinned.repository)?.includes(pinned.digest))
      refuse('IMAGE_UNKNOWN', `Service ${name} runs ${pinned.repository}@${pinned.digest}, which is not listed.`);
  }
  return `${services.length} images by digest${images ? ', all listed' : '; the policy lists none'}.`;
}

/** COMPOSE_SETTING_REFUSED. */
export async function checkSettings(
  app: AppCompose,
  services: readonly ComposeService[],
  policy: ComposePolicy,
): Promise<string> {
  const no = (problem: string) => refuse('COMPOSE_SETTING_REFUSED', problem);
  if (app.runner !== 'docker-compose')
    no(`The application is run by ${app.runner.slice(0, 60)}, not by docker-compose.`);
  if (app.hasPublicLogs && !policy.publicLogs) no('Logs are public (public_logs).');
  const envs = app.allowedEnvs.filter((name) => policy.allowedEnvs && !policy.allowedEnvs.includes(name));
  if (envs.length > 0) no(`Variables from outside are not listed: ${envs.join(', ').slice(0, 300)}.`);
  for (const script of policy.preLaunchScripts ? app.scripts : []) {
    const digest = toHex(await sha256(bytesOfText(script)));
    if (!policy.preLaunchScripts?.includes(digest))
      no(`The script ${digest} runs before the containers and is not listed.`);
  }
  for (const service of services) {
    if (service.refused.length > 0) no(`Service ${service.name} sets ${service.refused.join(', ')}.`);
    if (service.reachesAgent && policy.agentSocketServices && !policy.agentSocketServices.includes(service.name))
      no(`Service ${service.name} reaches the socket of the agent or of Docker and is not listed.`);
    const ports = service.publishedPorts.filter(
      (port) => policy.publishedPorts && !policy.publishedPorts.includes(port),
    );
    if (ports.length > 0)
      no(`Service ${service.name} publishes ports that are not listed: ${ports.slice(0, 10).join(', ')}.`);
  }
  const open = (['allowedEnvs', 'preLaunchScripts', 'agentSocketServices', 'publishedPorts'] as const).filter(
    (name) => policy[name] === undefined,
  );
  return open.length === 0 ? 'As listed.' : `As far as the policy says; it does not name ${open.join(', ')}.`;
}

/** APP_UNKNOWN. */
export function checkApp({ appId, instanceId }: AppEvents, { ids, instances }: NonNullable<Policy['app']>): string {
  if (ids && !ids.includes(appId)) refuse('APP_UNKNOWN', `The app is ${appId}, which is not listed.`);
  if (instances && !instances.includes(instanceId))
    refuse('APP_UNKNOWN', `The instance is ${instanceId === '' ? 'not named' : instanceId}, which is not listed.`);
  return `App ${appId}, instance ${instanceId === '' ? 'not named' : instanceId}.`;
}

/** KEY_PROVIDER_REFUSED. */
export function checkKeyProvider(
  { keyProvider }: AppEvents,
  { keyProviders = [] }: NonNullable<Policy['app']>,
): string {
  const { name, id } = keyProvider;
  const isListed = keyProviders.some((one) => one.name === name && (one.ids === undefined || one.ids.includes(id)));
  if (!isListed)
    refuse('KEY_PROVIDER_REFUSED', `Keys come from ${name.slice(0, 60)} ${id.slice(0, 200)}, which is not listed.`);
  return `Keys come from ${name}.`;
}
