// Events, compose file, application: what runs in the VM, as far as the quote's registers vouch for it.
import { type AppCompose, parseAppCompose } from '../compose/appCompose.js';
import { type ComposeService, readServices } from '../compose/services.js';
import { type AppEvents, readAppEvents } from '../events/appEvents.js';
import { parseEventLog } from '../events/eventLog.js';
import { replayEvents } from '../events/replayEvents.js';
import type { QuoteExamination } from '../examineQuote.js';
import { refuse } from '../failure.js';
import type { Policy } from '../policy/policy.js';
import type { CheckId } from './checks.js';
import type { CheckCollector } from './collectChecks.js';
import {
  checkApp,
  checkComposeHash,
  checkImages,
  checkKeyProvider,
  checkRegisters,
  checkSettings,
  verifyComposeFile,
  verifyConfigId,
} from './composeChecks.js';
import type { Evidence } from './evidence.js';
import type { Facts } from './verdict.js';

interface AppraisedApp {
  readonly facts: Facts;
  readonly osImageHash: string | undefined;
}

interface Compose {
  readonly app: AppCompose;
  readonly services: readonly ComposeService[];
}

export async function appraiseApp(
  collector: CheckCollector,
  { claims }: QuoteExamination,
  { eventLog, appCompose }: Evidence,
  { compose: policy, app }: Partial<Policy>,
): Promise<AppraisedApp> {
  const skip = (why: string, ...ids: readonly CheckId[]) => {
    for (const id of ids) collector.skip(id, why);
  };
  if (claims === undefined || eventLog === undefined) {
    const why = claims ? 'No event log was shown.' : 'The quote did not verify.';
    skip(why, 'events.replay', 'compose.hash', 'compose.images', 'compose.settings', 'key.provider', 'app.identity');
    return { facts: {}, osImageHash: undefined };
  }
  const events = await collector.attempt('events.replay', async () => {
    const log = parseEventLog(eventLog);
    const detail = checkRegisters(await replayEvents(log), claims.td);
    const read = readAppEvents(log);
    collector.add([{ id: 'events.replay', status: 'ok', detail }]);
    return read;
  });
  if (events === undefined) {
    skip(
      'The events do not replay.',
      'compose.hash',
      'compose.images',
      'compose.settings',
      'key.provider',
      'app.identity',
    );
    return { facts: {}, osImageHash: undefined };
  }
  const read = await readCompose(collector, events, appCompose, () => verifyConfigId(claims.td, events));

  const hashes = policy?.hashes;
  if (policy && !hashes && appCompose === undefined)
    await collector.check('compose.hash', () =>
      refuse(
        'COMPOSE_MISSING',
        `The compose file ${events.composeHash} was not shown, and the policy lists no hashes.`,
      ),
    );
  else if (!hashes) skip('The policy lists no compose files.', 'compose.hash');
  else if (read.isMeasured) await collector.check('compose.hash', () => checkComposeHash(events, hashes));
  if (policy && read.compose) {
    const { app: of, services } = read.compose;
    await collector.check('compose.images', () => checkImages(services, policy));
    await collector.check('compose.settings', () => checkSettings(of, services, policy));
  } else
    skip(
      policy ? 'No compose file was shown.' : 'The policy says nothing of it.',
      'compose.images',
      'compose.settings',
    );
  if (app?.ids || app?.instances) await collector.check('app.identity', () => checkApp(events, app));
  else skip('The policy lists no apps and no instances.', 'app.identity');
  if (app?.keyProviders) await collector.check('key.provider', () => checkKeyProvider(events, app));
  else skip('The policy lists no key providers.', 'key.provider');
  return { facts: factsOf(events, read.compose), osImageHash: events.osImageHash };
}

/** A file whose hash is wrong fails `compose.hash` with or without a list; one that was not shown only where it is needed. */
async function readCompose(
  collector: CheckCollector,
  events: AppEvents,
  appCompose: string | undefined,
  verifyConfig: () => void,
): Promise<{ isMeasured: boolean; compose: Compose | undefined }> {
  const isConsistent = await collector.attempt('compose.hash', () => {
    verifyConfig();
    return true;
  });
  if (appCompose === undefined) return { isMeasured: isConsistent === true, compose: undefined };
  const raw = await collector.attempt('compose.hash', () => verifyComposeFile(appCompose, events));
  if (raw === undefined || !isConsistent) return { isMeasured: false, compose: undefined };
  const compose = await collector.attempt('compose.images', async () => {
    const app = parseAppCompose(raw);
    return { app, services: await readServices(app.composeFile) };
  });
  return { isMeasured: true, compose };
}

const factsOf = (events: AppEvents, compose: Compose | undefined): Facts => ({
  composeHash: events.composeHash,
  appId: events.appId,
  instanceId: events.instanceId,
  keyProvider: events.keyProvider.name,
  ...(compose && { images: [...new Set(compose.services.map(({ image }) => image))] }),
});
