// A reporter for `node --test`: the files in which something failed, a line each.
// biome-ignore lint/style/noDefaultExport: the test runner asks for it.
export default async function* failedFiles(events) {
  for await (const { type, data } of events)
    if (type === 'test:fail' && data.file !== undefined) yield `${data.file}\n`;
}
