// The text form of Prometheus, version 0.0.4, read strictly: what a scraper would refuse is an error here.

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const samplePattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/** By the name of the family. */
export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type: string; help: string; samples: Family['samples'][number][] }>();
  let current = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (families.has(name)) throw new Error(`twice: ${name}`);
      families.set(name, { type: '', help: rest, samples: [] });
      current = name;
      continue;
    }
    const family = families.get(current);
    if (family === undefined) throw new Error(`before any family: ${line}`);
    if (keyword === 'TYPE') {
      if (name !== current || !['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(line);
      family.type = rest;
      continue;
    }
    family.samples.push(sampleOf(line, current, family.type));
  }
  for (const [name, { samples }] of families) {
    const keys = samples.map((sample) => JSON.stringify([sample.name, sample.labels]));
    if (new Set(keys).size < keys.length) throw new Error(`a series twice: ${name}`);
  }
  return families;
}

function sampleOf(line: string, family: string, type: string): Family['samples'][number] {
  const found = samplePattern.exec(line);
  if (found === null) throw new Error(`no sample: ${line}`);
  const [, name = '', labelText = '', number = ''] = found;
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!suffixes.some((suffix) => name === family + suffix)) throw new Error(`${name} in ${family}`);
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
  return { name, labels: labelsOf(labelText), value };
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPattern.lastIndex = 0;
  while (labelPattern.lastIndex < text.length) {
    const [, name = '', value = ''] = labelPattern.exec(text) ?? [];
    if (name === '') throw new Error(`no labels: ${text}`);
    labels[name] = value;
  }
  return labels;
}

/** All samples of ours: `name{a="b"}` → value, the name without `sealed_`. */
export const samplesOf = (text: string): Map<string, number> =>
  new Map(
    [...parsePrometheus(text).values()].flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [`${name.replace(/^sealed_/, '')}{${spelled(labels)}}`, value] as const),
    ),
  );

const spelled = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .sort()
    .map(([label, value]) => `${label}="${value}"`)
    .join();
