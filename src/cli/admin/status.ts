// `sealed-prover admin status`: what an operator looks at first.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Service, type ServiceStatusResponse, ServiceStatusResponseSchema } from '../../gen/admin/v1/service_pb.js';
import type { Order } from '../../gen/admin/v1/shared_pb.js';
import type { Cli } from '../cli.js';
import { formatSize } from '../format.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { isAble } from './lanes.js';
import { momentsOf } from './moment.js';
import { show } from './show.js';
import { cut } from './table.js';
import { countsIn, idsOf, lasting, shortTime, type WriteId } from './words.js';

/** So many of what needs a person are shown; `--json` has up to 20. */
const shownNeeds = 5;

export const runStatus = (cli: Cli, options: AdminOptions): Promise<number> =>
  show(cli, options, async (to) => {
    const status = await callAdmin(Service.method.status, {}, to);
    return { lines: linesOf(status, options), objects: [messageJson(ServiceStatusResponseSchema, status) as object] };
  });

/** Within the width of a table. */
export function linesOf(status: ServiceStatusResponse, options: AdminOptions = {}): string[] {
  const { phase, version, up, outage, open, running, lanes, oldestWait, disk, residentBytes, endedSinceStart } = status;
  const total = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const ill = lanes.filter((lane) => !isAble(lane));
  const used =
    disk && disk.sizeBytes > 0n ? 100 - Math.round((100 * Number(disk.freeBytes)) / Number(disk.sizeBytes)) : 0;
  return [
    [
      phase,
      version,
      `life ${status.life}`,
      `up ${up === undefined ? '–' : shortTime(durationMs(up))}`,
      disk && `disk ${used} % of ${formatSize(Number(disk.sizeBytes))}`,
      `memory ${formatSize(Number(residentBytes))}`,
    ]
      .filter(Boolean)
      .join(' · '),
    ...(outage ? [`not ready  ${outage.sentence}`] : []),
    `open       ${String(total(open)).padEnd(6)} ${countsIn(open)} · running ${total(running)}`,
    `ended      ${countsIn(endedSinceStart)}${Object.keys(endedSinceStart).length > 0 ? ', since the start' : ''}`,
    `last hour  ${hourIn(status)}`,
    ...needsYouLines(status, idsOf(options)),
    `lanes      ${`${lanes.length - ill.length}/${lanes.length}`.padEnd(6)} ${ill.map(({ id, state }) => `${id} ${state}`).join(' · ') || 'all able'}`,
    ...pauseLines(status, options),
    `line       ${oldestWait === undefined ? 'nothing waits' : `oldest ${lasting(oldestWait)}`}`,
  ].map((line) => (options.fullIds ? line : cut(line)));
}

/** The share is that of the service: what failed by its guest says nothing of it. */
function hourIn({ lastHour }: ServiceStatusResponse): string {
  if (lastHour === undefined) return '–';
  const { fulfilled, failedByGuest, failedOtherwise, cancelled, expired } = lastHour;
  const ended = fulfilled + failedOtherwise;
  const counts = { fulfilled, 'failed by their guest': failedByGuest, failed: failedOtherwise, cancelled, expired };
  const share = failedOtherwise === 0 ? '' : ` · ${((100 * failedOtherwise) / ended).toFixed(1)} % failed`;
  return `${countsIn(counts)}${share}`;
}

/** Each is shown until it is lifted. */
function pauseLines({ intake, dispatch }: ServiceStatusResponse, options: AdminOptions): string[] {
  const pauses: [string, Order | undefined][] = [
    ['intake', intake],
    ['dispatch', dispatch],
  ];
  return pauses.flatMap(([what, order]) =>
    order === undefined
      ? []
      : [
          `paused     ${what} by ${order.by}${order.since ? ` since ${momentsOf(options)(order.since)}` : ''}: ${order.reason}`,
        ],
  );
}

function needsYouLines({ needsYou, needsYouTotal }: ServiceStatusResponse, write: WriteId): string[] {
  if (needsYouTotal === 0) return ['needs you  –'];
  const indent = ' '.repeat(17);
  const more = needsYouTotal - Math.min(needsYou.length, shownNeeds);
  const shown = needsYou
    .slice(0, shownNeeds)
    .flatMap(({ reason, sentence, requestId, laneId, deliveryId, signerId, command }, index) => {
      const head = index === 0 ? `needs you  ${String(needsYouTotal).padEnd(6)}` : indent;
      const id = requestId || deliveryId || signerId;
      const what = id === '' ? laneId : write(id);
      const line = `${head} ${[what, reason].filter((part) => part !== '').join(' ')}: ${sentence}`;
      // The empty id of what is about neither stands everywhere.
      return command === '' ? [line] : [line, `${indent} → admin ${id === '' ? command : command.replace(id, what)}`];
    });
  return more === 0 ? shown : [...shown, `${indent} and ${more} more → admin requests --needs-you`];
}
