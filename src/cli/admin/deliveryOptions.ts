// What the commands about deliveries are given.
import type { AdminOptions } from './connection.js';

export interface DeliveriesOptions extends AdminOptions {
  readonly state?: readonly string[];
  readonly limit: number;
  readonly after?: string;
}

export const deliverySteps = ['try-now', 'give-up'] as const;
export type DeliveryStep = (typeof deliverySteps)[number];
