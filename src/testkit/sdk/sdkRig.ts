// A running service for SDKs of all versions, for a whole suite. At its end everything is closed, and nothing unexpected was logged.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import {
  createServiceRig,
  type ServiceProcess,
  type ServiceRig,
  type ServiceRigOptions,
} from '../service/serviceRig.js';
import type { SampleProgram } from './program.js';
import { Sdk } from './sdk.js';
import type { SdkFlavour, SdkVersion } from './versions.js';

export interface SdkRig {
  readonly rig: ServiceRig;
  /** The one that runs now. */
  service: ServiceProcess;
  sdk(version: SdkVersion, flavour: SdkFlavour, options?: { keyByte?: number; program?: SampleProgram }): Sdk;
}

/** To be called within `describe`. */
export function sdkRig(options: ServiceRigOptions = {}): SdkRig {
  const opened: Sdk[] = [];
  const made = {} as { rig: ServiceRig; service: ServiceProcess };
  before(async () => {
    made.rig = await createServiceRig(options);
    made.service = await made.rig.serve();
  });
  after(async () => {
    for (const sdk of opened) sdk.close();
    const unexpected = made.service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await made.service.stop(), 0);
    await made.rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });
  return Object.assign(made, {
    sdk(version: SdkVersion, flavour: SdkFlavour, of: { keyByte?: number; program?: SampleProgram } = {}) {
      const sdk = new Sdk(made.rig.url, version, flavour, of);
      opened.push(sdk);
      return sdk;
    },
  });
}
