// The header by which a service learns where the client of this call finds artifacts: here, and at no other origin that nobody has attested.

/** `Forwarded: proto=http;host="127.0.0.1:8088"`: the service reads this form, and nothing added to it, as that of a proxy of ours. */
export const forwardedFor = (origin: URL): string => `proto=${origin.protocol.replace(':', '')};host="${origin.host}"`;
