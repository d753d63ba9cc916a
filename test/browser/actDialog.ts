// The dialog in which an operator acts by the page, and what the service has kept of it.
import type { Locator } from 'playwright-core';
import { Service } from '../../src/gen/admin/v1/service_pb.js';
import { callJson } from '../../src/testkit/service/adminCalls.js';

export const because = 'the driver is replaced';

/** Opens the dialog of a button, and waits for what would happen. */
export async function asked(within: Locator, button: string): Promise<Locator> {
  await within.getByRole('button', { name: `${button}…` }).click();
  const dialog = within.page().getByRole('dialog');
  await dialog.getByText('Would happen:').waitFor();
  return dialog;
}

export async function done(dialog: Locator, does: string): Promise<void> {
  await dialog.getByLabel('Reason').fill(because);
  await dialog.getByRole('button', { name: does }).click();
  await dialog.getByText('Done:').waitFor();
  await dialog.page().keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
}

export async function lastAuditedAt(socketPath: string): Promise<string> {
  const { rows } = await callJson({ path: socketPath }, Service.method.auditList, { size: 1 });
  return `${rows[0]?.audit?.action} ${rows[0]?.audit?.target}: ${rows[0]?.audit?.reason}`;
}
