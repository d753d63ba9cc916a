// What does not pass by itself, so that a person should look at it: a closed set.
export const needCodes = [
  'LANE_QUARANTINED',
  'PAUSED_LONG',
  'DISK_LOW',
  'QUARANTINED',
  'HELD',
  'SILENT',
  'DELIVERY_REFUSED',
  'SIGNER_UNREGISTERED',
  'REGISTRATION_WAITS',
  'DEADLINE_NEAR',
] as const;

export type NeedCode = (typeof needCodes)[number];
