// Each public function of the client has an example in its docstring, and each example compiles as its reader would paste it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import ts from 'typescript';
import { checkout } from './installed.js';

const entry = join(checkout, 'src/client/client.ts');
const page = join(checkout, 'src/client/examples.ts');

interface Documented {
  readonly name: string;
  readonly examples: readonly string[];
}

/** What the examples take as given. */
const given = `
declare const client: Client;
declare const elf: ByteSource;
declare const file: Uint8Array;
declare const privateKey: string;
declare const publicValuesHash: string;
declare const requestId: RequestId;
declare const vkHash: VkHash;
declare function setup(elf: ByteSource): Promise<ProgramKey>;
`;

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(checkout, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  checkout,
);

describe('examples of the client', { timeout: 600_000 }, () => {
  let exports: readonly string[];
  let documented: readonly Documented[];

  before(() => {
    const program = ts.createProgram([entry], options);
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(entry);
    assert.ok(source);
    const module = checker.getSymbolAtLocation(source);
    assert.ok(module);
    const named = checker
      .getExportsOfModule(module)
      .map((symbol) => ((symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol)));
    exports = named.map(({ name }) => name);
    const isFunction = (symbol: ts.Symbol) =>
      checker.getTypeOfSymbolAtLocation(symbol, source).getCallSignatures().length > 0;
    const functions = named.filter((symbol) => (symbol.flags & ts.SymbolFlags.Value) !== 0 && isFunction(symbol));
    const client = named.find(({ name }) => name === 'Client');
    assert.ok(client);
    const methods = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(client));
    documented = [...functions, ...methods].map((symbol) => ({ name: symbol.name, examples: examplesOf(symbol) }));
  });

  function examplesOf(symbol: ts.Symbol): string[] {
    const tags = symbol.getJsDocTags().filter(({ name }) => name === 'example');
    return tags.map(({ text }) => /^```ts\n(.*)\n```$/s.exec(ts.displayPartsToString(text).trim())?.[1] ?? '');
  }

  it('exist for each function and each method, and use it', () => {
    assert.ok(documented.length > 15, `only ${documented.length} functions were found`);
    for (const { name, examples } of documented) {
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const example of examples) assert.ok(example.includes(`${name}(`), `the example of ${name} does not use it`);
    }
  });

  it('compile', () => {
    const bodies = documented.flatMap(({ name, examples }) =>
      examples.map((example, n) => `export async function ${name}Example${n}() {\n${example}\n}`),
    );
    const text = `import { ${exports.join(', ')} } from './client.js';\n${given}\n${bodies.join('\n')}\n`;
    // An example may leave what it makes unused, and the page takes all names.
    const loose = { ...options, noUnusedLocals: false, verbatimModuleSyntax: false, isolatedModules: false };
    const host = ts.createCompilerHost(loose);
    const { readFile, fileExists, getSourceFile } = host;
    host.fileExists = (path) => path === page || fileExists(path);
    host.readFile = (path) => (path === page ? text : readFile(path));
    host.getSourceFile = (path, ...rest) =>
      path === page ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2023) : getSourceFile(path, ...rest);
    const program = ts.createProgram([page], loose, host);
    const problems = ts.getPreEmitDiagnostics(program, program.getSourceFile(page));
    assert.deepEqual(
      problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
      [],
    );
  });
});
