// A running service for SDKs of all versions, for a whole suite. At its end everything is closed, and nothing unexpected was logged.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { createServiceStage, type ServiceProcess, type ServiceStage, type ServiceStageOptions } from '../service.js';
import type { SampleProgram } from './program.js';
import { Sdk } from './sdk.js';
import type { SdkFlavour, SdkVersion } from './versions.js';

export interface SdkStage {
  readonly stage: ServiceStage;
  /** The one that runs now. */
  service: ServiceProcess;
  sdk(version: SdkVersion, flavour: SdkFlavour, options?: { keyByte?: number; program?: SampleProgram }): Sdk;
}

/** To be called within `describe`. */
export function sdkStage(options: ServiceStageOptions = {}): SdkStage {
  const opened: Sdk[] = [];
  const made = {} as { stage: ServiceStage; service: ServiceProcess };
  before(async () => {
    made.stage = await createServiceStage(options);
    made.service = await made.stage.serve();
  });
  after(async () => {
    for (const sdk of opened) sdk.close();
    const unexpected = made.service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await made.service.stop(), 0);
    await made.stage.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });
  return Object.assign(made, {
    sdk(version: SdkVersion, flavour: SdkFlavour, of: { keyByte?: number; program?: SampleProgram } = {}) {
      const sdk = new Sdk(made.stage.url, version, flavour, of);
      opened.push(sdk);
      return sdk;
    },
  });
}
