// The filter of the list: what the address says, as the service takes it, and as events are judged by it here.
import type { Row } from './wire.js';
import { pathOf } from './words.js';

/** By name in the address. `state` may be a state or a state with its phase. */
export const fields = ['state', 'mode', 'reason', 'failure', 'lane', 'requester', 'program'] as const;
export type Field = (typeof fields)[number];
export type Filter = Readonly<Partial<Record<Field, string>>>;

export function filterOf(query: URLSearchParams): Filter {
  const given = fields.map((field) => [field, query.get(field)?.trim() ?? ''] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

/** `sort`: as `wordOf` has it. */
export function addressOf(filter: Filter, sort = ''): string {
  const given = fields.flatMap((field) => (filter[field] ? [[field, filter[field]]] : []));
  if (sort !== '') given.push(['sort', sort]);
  const query = new URLSearchParams(given).toString();
  return query === '' ? '/requests' : `/requests?${query}`;
}

/** As `Requests.List` takes it. */
export function wireFilter({ state, mode, reason, failure, lane, requester, program }: Filter): object {
  const [name, phase] = state?.split('.') ?? [];
  return {
    ...(name && { states: [name] }),
    ...(phase && { phases: [phase] }),
    ...(mode && { modes: [mode] }),
    ...(reason && { reasons: [reason] }),
    ...(failure && { failureCodes: [failure] }),
    ...(lane && { laneId: lane }),
    ...(requester && { requester: bare(requester) }),
    ...(program && { vkHash: bare(program) }),
  };
}

/** Without the reason, which no event has. */
export function fits(row: Row, { state, mode, failure, lane, requester, program }: Filter): boolean {
  return (
    (state === undefined || state === row.state || state === pathOf(row)) &&
    (mode === undefined || mode === row.mode) &&
    (failure === undefined || failure === row.failure?.code) &&
    (lane === undefined || lane === row.laneId) &&
    (requester === undefined || bare(requester) === row.requester) &&
    (program === undefined || bare(program) === row.vkHash)
  );
}

const bare = (hex: string) => hex.replace(/^0x/i, '').toLowerCase();
