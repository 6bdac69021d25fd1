#!/usr/bin/env node
// The door of every npm script: runs on any Node ≥ 18 with nothing installed, so built-ins only.
import { spawn } from 'node:child_process';
import * as module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { helpText, options } from './launch/help.mjs';
import { createProgress } from './launch/progress.mjs';
import { passSignals, prepareToolchain, SetupError } from './launch/toolchain.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What each command runs once Node and the packages are there. @type {Record<string, string[]>} */
const programs = {
  start: ['server/main.ts'],
  dev: ['server/main.ts', '--dev'],
  doctor: ['server/doctor.ts'],
  keys: ['server/keys/main.ts'],
  models: ['server/models/main.ts'],
  test: ['tests/run.ts']
};

async function main() {
  const [command = 'start', ...rest] = process.argv.slice(2);
  const program = programs[command];
  if (!program)
    throw new SetupError(`Unknown command "${command}": one of ${Object.keys(programs).join(', ')}.`);
  if (Number(process.versions.node.split('.')[0]) < 18)
    throw new SetupError(`Node ${process.version} is too old: install Node 18 or newer (24 is best).`);
  if (!['test', 'keys', 'models'].includes(command) && wantsHelp(rest)) {
    process.stdout.write(helpText);
    return;
  }
  const progress = createProgress();
  const { node, env } = await prepareToolchain(root, progress);
  const [file = '', ...first] = program;
  await run(node, env, join(root, file), [...first, ...rest]);
}

/** @param {string[]} args @throws SetupError where an option is unknown, before anything is fetched */
function wantsHelp(args) {
  try {
    return Boolean(parseArgs({ args, options, allowPositionals: false }).values.help);
  } catch (error) {
    throw new SetupError(
      `${error instanceof Error ? error.message.split('.')[0] : error}. See "npm start -- --help".`
    );
  }
}

/** @param {string} node @param {NodeJS.ProcessEnv} env @param {string} file @param {string[]} args */
async function run(node, env, file, args) {
  if (node === process.execPath) {
    // The right Node already: go on in this very process, so that there is no parent to lose.
    process.env.PATH = env.PATH;
    process.env.NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE;
    // Older than Node 22 has none.
    module.enableCompileCache?.(env.NODE_COMPILE_CACHE);
    process.argv = [node, file, ...args];
    await import(pathToFileURL(file).href);
    return;
  }
  // The channel tells the child when we are gone, even by kill -9.
  const child = spawn(node, [file, ...args], {
    cwd: process.cwd(),
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc']
  });
  passSignals(child);
  child.once('error', (error) => fail(error));
  child.once('exit', (code, signal) => {
    if (signal) {
      // Die of the same, so that a shell or a supervisor sees the truth.
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
      return;
    }
    process.exitCode = code ?? 1;
  });
}

/** @param {unknown} error */
function fail(error) {
  const known = error instanceof SetupError;
  process.stderr.write(
    `\n${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : error}\n`
  );
  process.exitCode = 1;
}

main().catch(fail);
