// Where a worker's entry lies: the same file with the ending of the code that asks, so that workers start from sources and from dist.

/** `entry` is relative to the module whose `import.meta.url` is given, without its ending. */
export function workerUrl(askingModuleUrl: string, entry: string): string {
  const ending = askingModuleUrl.slice(askingModuleUrl.lastIndexOf('.'));
  return new URL(`${entry}${ending}`, askingModuleUrl).href;
}
