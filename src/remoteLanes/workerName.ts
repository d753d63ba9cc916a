// What workers and their lanes may be called. Their names become the names of lanes of the front.

export const isWorkerName = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(text);
