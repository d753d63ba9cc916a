// What a large input and a large proof cost the service in network mode: resident memory of its process at the worst moment, against what it
// was before. Engines, the network and the load are processes of their own.
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { upload } from '../src/client/upload.js';
import { ArtifactType } from '../src/gen/artifact/artifact_pb.js';
import { FulfillmentStatus } from '../src/gen/network/network_pb.js';
import type { RequestId } from '../src/ids.js';
import { u64 } from '../src/testkit/artifacts/sampleArtifacts.js';
import { type NetworkRig, reserved, startNetworkRig } from '../src/testkit/fakeNetwork/networkRig.js';
import { type ServiceRequester, stdinOf } from '../src/testkit/service/serviceRequests.js';
import type { Figure } from './figures.js';
import { type Setting, scaled } from './setting.js';

const part = 'network';
const megabyte = 2 ** 20;
const pieceBytes = megabyte;
/** Between two looks at the memory (ms). */
const lookMs = 20;
/** Requests that the service has had before it is measured: of a size whose buffers every service has. */
const warmUps = 10;

export async function measureMemory(setting: Setting): Promise<Figure[]> {
  const inputMegabytes = scaled(500, setting);
  const proofMegabytes = scaled(100, setting);
  return [
    await measured({}, async (made, requester) => {
      setting.say(`network: an input of ${inputMegabytes} MB`);
      const value = await growth(made, async () => {
        const stdinUri = await uploadInput(requester, inputMegabytes * megabyte);
        await fulfilled(made, await requester.ask(stdinUri, reserved));
      });
      return {
        part,
        measure: `memory taken by an input of ${inputMegabytes} MB`,
        value,
        unit: 'MB',
        aim: { most: 128 },
      };
    }),
    await measured({ proofFillerBytes: proofMegabytes * megabyte }, async (made, requester) => {
      setting.say(`network: a proof of ${proofMegabytes} MB`);
      const value = await growth(made, async () => {
        await fulfilled(made, await requester.submit(stdinOf('a large proof'), reserved));
      });
      return {
        part,
        measure: `memory taken by a proof of ${proofMegabytes} MB`,
        value,
        unit: 'MB',
        aim: { most: 128 },
      };
    }),
  ];
}

async function measured(
  script: { readonly proofFillerBytes?: number },
  measure: (made: NetworkRig, requester: ServiceRequester) => Promise<Figure>,
): Promise<Figure> {
  const made = await startNetworkRig({ network: { switches: { messageLimitBytes: 512 * megabyte } } });
  try {
    const requester = made.requester(1);
    await requester.register();
    for (let i = 0; i < warmUps; i += 1) await fulfilled(made, await requester.submit(stdinOf(`warm ${i}`), reserved));
    // Engines read it when they start.
    made.rig.changeScript(script);
    await made.service.stop();
    made.service = await made.rig.serve({ 'public-url': made.rig.url });
    return await measure(made, requester);
  } finally {
    await made.end();
  }
}

/** In megabytes, at the worst moment of the work. */
async function growth(made: NetworkRig, work: () => Promise<void>): Promise<number> {
  const before = residentBytes(made);
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, residentBytes(made));
  }, lookMs);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return (most - before) / megabyte;
}

function residentBytes({ service }: NetworkRig): number {
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${service.child.pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

const fulfilled = (made: NetworkRig, id: RequestId) =>
  made.network.record.waitFor(() => made.network.ledger.requests.get(id)?.fulfillment === FulfillmentStatus.FULFILLED);

/** One buffer, as an SDK sends it. */
function uploadInput(requester: ServiceRequester, sizeBytes: number): Promise<string> {
  const head = Buffer.concat([u64(1), u64(sizeBytes)]);
  const tail = Buffer.concat([u64(0), u64(0)]);
  const piece = Buffer.alloc(pieceBytes, 7);
  function* bytes() {
    yield head;
    for (let left = sizeBytes; left > 0; left -= piece.byteLength) yield piece.subarray(0, left);
    yield tail;
  }
  const body = {
    sizeBytes: head.byteLength + sizeBytes + tail.byteLength,
    open: () => Readable.from(bytes(), { objectMode: false }),
  };
  return upload(requester.context, { type: ArtifactType.PRIVATE_STDIN, body });
}
