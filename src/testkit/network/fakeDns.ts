// A DNS server on a real socket that knows CAA records, and can be silent, fail or know nothing.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface FakeCaa {
  readonly flags?: number;
  readonly tag: string;
  readonly value: string;
}

export interface FakeDns {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** By name; 'silence' and 'servfail' instead of records. What is not in it does not exist. */
  readonly zone: Map<string, readonly FakeCaa[] | 'silence' | 'servfail'>;
  /** Names that were asked for. */
  readonly asked: string[];
  close(): void;
}

const caaType = 257;
const codes = { none: 0, servfail: 2, nxdomain: 3 };

export async function startFakeDns(): Promise<FakeDns> {
  const socket = createSocket('udp4');
  const zone: FakeDns['zone'] = new Map();
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query, 12);
    asked.push(name);
    const known = zone.get(name);
    if (known === 'silence') return;
    const code = known === undefined ? codes.nxdomain : known === 'servfail' ? codes.servfail : codes.none;
    const records = Array.isArray(known) ? (known as readonly FakeCaa[]) : [];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8580 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const question = query.subarray(12, end + 4);
    socket.send(Buffer.concat([head, question, ...records.map(recordOf)]), port, address);
  });
  await once(socket.bind(0, '127.0.0.1'), 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, zone, asked, close: () => void socket.close() };
}

function readName(message: Buffer, at: number): { name: string; end: number } {
  const labels: string[] = [];
  let i = at;
  for (let length = message[i] ?? 0; length > 0; length = message[i] ?? 0) {
    labels.push(message.toString('latin1', i + 1, i + 1 + length));
    i += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: i + 1 };
}

function recordOf({ flags = 0, tag, value }: FakeCaa): Buffer {
  const data = Buffer.concat([Buffer.of(flags, tag.length), Buffer.from(tag), Buffer.from(value)]);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(caaType, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.byteLength, 10);
  return Buffer.concat([head, data]);
}
