// `sealed-prover admin config`: the configuration of a running service as it holds.
import { toJson as messageJson } from '@bufbuild/protobuf';
import { ConfigOptionSchema, Service } from '../../gen/admin/v1/service_pb.js';
import type { Cli } from '../cli.js';
import { callAdmin } from './callAdmin.js';
import type { AdminOptions } from './connection.js';
import { show } from './show.js';
import { wrapped } from './table.js';

export const runConfig = (cli: Cli, options: AdminOptions & { readonly given?: true }): Promise<number> =>
  show(cli, options, async (to) => {
    const { options: all } = await callAdmin(Service.method.config, {}, to);
    const shown = all.filter(({ from }) => options.given !== true || from !== '');
    const width = Math.max(0, ...shown.map(({ flag }) => flag.length));
    return {
      lines: shown.flatMap(({ flag, value, from }) =>
        wrapped([value || '–', ...(from === '' ? [] : [`(${from})`])].join(' '), `${flag.padEnd(width)}  `),
      ),
      objects: shown.map((option) => messageJson(ConfigOptionSchema, option) as object),
    };
  });
