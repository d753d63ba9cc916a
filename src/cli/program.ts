// The command line: every command, its options and its help. What a command does is loaded when it runs.
import { Command, Option } from 'commander';
import type { ByteSource, ProofMode, RequestId, RequestMode } from '../client/client.js';
import { addAdmin } from './admin/commands.js';
import { addAttest } from './attest/commands.js';
import type { Cli } from './cli.js';
import { withServiceOptions } from './connect.js';
import { addContracts } from './contracts/commands.js';
import { addData } from './data/commands.js';
import { addNetwork } from './network/commands.js';
import {
  inputParsers,
  parseCount,
  parseHash,
  parseId,
  parseMode,
  parseProgramHash,
  parseRequestMode,
  parseTimeout,
  parseU64,
} from './parse.js';
import { addTee } from './teeCommands.js';
import { packageVersion } from './version.js';
import { addWork } from './work/commands.js';

const hours = 3_600_000;

const examples = `
Examples:
  $ sealed-prover serve --listen 127.0.0.1:8080
  $ sealed-prover prove --program examples/fibonacci/fibonacci.elf --u32 20 --mode core
  $ sealed-prover verify fibonacci.core.proof --program examples/fibonacci/fibonacci.elf
  $ sealed-prover execute --program examples/preimage/preimage.elf --stdin-file secret.bin
  $ sealed-prover request list

Exit codes: 0 done (and verified), 1 failed, 2 not understood, 130 interrupted.`;

/** Calls `done` with the exit code. `serveOptions` adds the service's own options, which take time to load. */
export function createProgram(
  cli: Cli,
  done: (exitCode: number) => void,
  serveOptions: (command: Command) => void,
): Command {
  const program = new Command('sealed-prover')
    .description('Proves SP1 programs on your own machine: the service, and a client for it.')
    .version(packageVersion(), '--version', 'the version, a line')
    .helpOption('-h, --help', 'help')
    .helpCommand('help [command]', 'help on a command')
    .addHelpText('after', examples)
    .configureOutput({
      writeOut: (text) => cli.output.print(text.trimEnd()),
      writeErr: (text) => cli.output.note(text.trimEnd()),
    })
    .exitOverride();

  const serve = program
    .command('serve')
    .description('Serve until SIGTERM: the stock sp1-sdk asks this URL for proofs.')
    .option('--config <file>', 'JSON file with options by their names, weaker than flags and environment')
    .option('--json', 'what happens as JSON objects, a line each');
  serveOptions(serve);
  serve.action(async ({ config: file, json = false, ...flags }) =>
    done(await (await import('./serve.js')).runServe(cli, { flags, file, json })),
  );

  const health = program
    .command('health')
    .description('Ask the service that runs by this configuration whether it serves. Exit code 0 only if it does.')
    .option('--config <file>', 'the JSON file that the service was given')
    .option('--alive', 'enough if it answers, also while it starts or stops')
    .option('--json', 'what it says of itself, as a JSON object')
    .addHelpText('before', 'Takes the options of serve. In a container those of its process 1 count too.\n');
  serveOptions(health);
  health.action(async ({ config: file, alive = false, json = false, ...flags }) =>
    done(await (await import('./health.js')).runHealth(cli, { flags, file, alive, json })),
  );

  addWork(program, cli, done);
  addProve(program, cli, done);
  addExecute(program, cli, done);
  addVerify(program, cli, done);
  addInspect(program, cli, done);
  addAttest(program, cli, done);
  addTee(program, cli, done);
  addContracts(program, cli, done);
  addNetwork(program, cli, done);
  addRequest(program, cli, done);
  addAdmin(program, cli, done);
  addData(program, cli, done);
  addEngine(program, cli, done);
  addDemo(program, cli, done);
  withEngine(program.command('version').description('Versions of the package, the engine and the circuits.'))
    .option('--json', 'a JSON object')
    .action(async (options) => done((await import('./version.js')).runVersion(cli, options)));
  return program;
}

const withEngine = (command: Command) =>
  command.option('--engine <file>', 'the engine binary (or SEALED_ENGINE; default: the one that set-up built)');

/** Options that each add one buffer to the guest's input. */
function withInputs(command: Command, inputs: ByteSource[]): Command {
  const parse = inputParsers(inputs);
  return command
    .option('--stdin-file <file>', 'a buffer: the bytes of a file', parse.file)
    .option('--stdin-hex <hex>', 'a buffer: these bytes', parse.hex)
    .option('--u32 <n>', 'a buffer: four bytes, little-endian (Rust: stdin.write(&n))', parse.u32);
}

const withLimits = (command: Command) =>
  command
    .option('--cycle-limit <n>', 'most cycles that the guest may take (default: no limit)', parseU64)
    .option('--gas-limit <n>', 'most prover gas (default: no limit)', parseU64);

function addProve(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const inputs: ByteSource[] = [];
  const command = program
    .command('prove')
    .description('Submit a program and its input to a service, wait, save the proof and verify it.')
    .option('--program <elf>', 'the guest, compiled for SP1');
  withLimits(withServiceOptions(withInputs(command, inputs)))
    .option('--mode <mode>', 'core, compressed, plonk, groth16 or tee', parseRequestMode, 'core' as RequestMode)
    .addOption(
      new Option('--timeout <time>', 'how long the service may take, for example 90s, 15m, 4h')
        .argParser(parseTimeout)
        .default(4 * hours, '4h'),
    )
    .option('--out <file>', 'where the proof goes, in the format of the SDK (default: PROGRAM.MODE.proof)')
    .option('--no-wait', 'print the request id and leave')
    .option('--request <id>', 'go on waiting for an earlier request', parseId)
    .option('--json', 'the result as a JSON object')
    .addHelpText(
      'after',
      `
Inputs may be given several times and mixed; the guest reads them in the order of the command line.
Ctrl-C leaves the request running and prints how to pick it up again, or to give it up.

Examples:
  $ sealed-prover prove --program fibonacci.elf --u32 20
  $ sealed-prover prove --program preimage.elf --stdin-file secret.bin --mode compressed --out secret.proof
  $ sealed-prover prove --program fibonacci.elf --u32 20 --no-wait
  $ sealed-prover prove --request 0x5d1c… --program fibonacci.elf`,
    );
  withEngine(command).action(async (options: { request?: RequestId } & Record<string, never>) =>
    done(await (await import('./prove.js')).runProve(cli, options as never, inputs)),
  );
}

function addExecute(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const inputs: ByteSource[] = [];
  const command = program
    .command('execute')
    .description('Run a program without proving it, on this machine: cycles, gas and public values.')
    .requiredOption('--program <elf>', 'the guest, compiled for SP1');
  withEngine(withLimits(withInputs(command, inputs)))
    .option('--json', 'the result as a JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ sealed-prover execute --program fibonacci.elf --u32 20
  $ sealed-prover execute --program spin.elf --cycle-limit 1_000_000`,
    )
    .action(async (options) => done(await (await import('./execute.js')).runExecute(cli, options, inputs)));
}

function addVerify(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const command = program
    .command('verify')
    .description('Check a proof against a program, on this machine. Exit code 0 only if it verifies.')
    .argument('<proof>', 'a proof file, as prove or SP1ProofWithPublicValues::save wrote it')
    .requiredOption('--program <elf>', 'the guest that it is a proof of')
    .option('--json', 'the result as a JSON object')
    .addHelpText('after', '\nExample:\n  $ sealed-prover verify fibonacci.core.proof --program fibonacci.elf');
  withEngine(command).action(async (proof: string, options) =>
    done(await (await import('./verify.js')).runVerify(cli, proof, options)),
  );
}

function addInspect(program: Command, cli: Cli, done: (exitCode: number) => void) {
  program
    .command('inspect')
    .description('Read a proof file and check what can be checked without an engine. Says nothing of its validity.')
    .argument('<proof>', 'a proof file, as prove or SP1ProofWithPublicValues::save wrote it')
    .option('--vk-hash <hex>', 'the program that it ought to be a proof of', parseProgramHash)
    .option('--public-values-hash <hex>', 'SHA-256 of the public values that it ought to have', parseHash)
    .option('--json', 'the findings as a JSON object')
    .action(async (proof: string, options) =>
      done(await (await import('./inspect.js')).runInspect(cli, proof, options)),
    );
}

function addEngine(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const engine = program.command('engine').description('The process that executes, proves and verifies.');
  engine
    .command('build')
    .description('Build it from the sources of this package: ten minutes, once. Needs Rust and a C linker.')
    .option('--json', 'where it is, as a JSON object')
    .action(async (options) => done(await (await import('./engineBuild.js')).runEngineBuild(cli, options)));
}

function addRequest(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const request = program.command('request').description('What a service knows about requests, and giving one up.');
  withServiceOptions(request.command('show').description('Everything about one request.'))
    .argument('<id>', 'the request id', parseId)
    .option('--json', 'a JSON object')
    .action(async (id, options) => done(await (await import('./request.js')).runRequestShow(cli, id, options)));
  withServiceOptions(request.command('cancel').description('Give a request of yours up: its work stops.'))
    .argument('<id>', 'the request id', parseId)
    .option('--json', 'a JSON object')
    .action(async (id, options) => done(await (await import('./request.js')).runRequestCancel(cli, id, options)));
  withServiceOptions(request.command('list').description('Your requests, newest first.'))
    .option('--limit <n>', 'how many', parseCount, 20)
    .option('--page <n>', 'from 1', parseCount, 1)
    .option('--json', 'a JSON list')
    .action(async (options) => done(await (await import('./request.js')).runRequestList(cli, options)));
}

function addDemo(program: Command, cli: Cli, done: (exitCode: number) => void) {
  const inputs: ByteSource[] = [];
  const command = program
    .command('demo')
    .description('Start a service, prove an example on it with a private input, verify the proof, stop.')
    .option('--program <name>', 'an example (fibonacci, preimage, ballast) or an ELF file', 'preimage')
    .option('--mode <mode>', 'core or compressed', parseMode, 'core' as ProofMode)
    .option('--input <value>', 'the example’s input: a number for fibonacci, a text for the others');
  withEngine(withInputs(command, inputs))
    .option('--data <dir>', 'data folder of the service (default: demo in the user’s data folder)')
    .option(
      '--attest',
      'show first how a client checks where its input goes; with development quotes, which prove nothing',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ sealed-prover demo
  $ sealed-prover demo --input "correct horse battery staple"
  $ sealed-prover demo --attest
  $ sealed-prover demo --program fibonacci --input 1000 --mode compressed`,
    )
    .action(async (options) => done(await (await import('./demo.js')).runDemo(cli, options, inputs)));
}
