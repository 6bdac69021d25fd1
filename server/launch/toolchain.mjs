// Plain JavaScript on purpose: it gets Node and the packages, so it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';

/** The oldest Node that runs the server's TypeScript as it is, and the one fetched where there is none. */
export const minimumMajor = 24;
export const fetchedVersion = '24.21.0';

/** A failure with one sentence that says what to do. */
export class SetupError extends Error {}

/**
 * @typedef {import('./progress.mjs').Progress} Progress
 * @typedef {{ node: string, env: NodeJS.ProcessEnv }} Toolchain `node` is an absolute path; `env` finds it first
 */

/**
 * The right Node and the packages of package-lock.json: whatever of the two is missing is fetched.
 *
 * @param {string} root @param {Progress} progress @returns {Promise<Toolchain>}
 */
export async function prepareToolchain(root, progress) {
  const complete = packagesComplete(root);
  const node = await rightNode(root, progress, complete);
  const env = environmentFor(root, node);
  if (!complete) await progress.step('Packages', (update) => installPackages(root, node, env, update));
  return { node, env };
}

/** @param {string} root @param {Progress} progress @param {boolean} packagesKept */
async function rightNode(root, progress, packagesKept) {
  const packages = join(root, 'node_modules') + sep;
  // A Node inside node_modules vanishes under `npm ci`: use it only where that is not needed.
  const usable = (/** @type {string} */ path) => packagesKept || !path.startsWith(packages);
  if (majorOf(process.version) >= minimumMajor && usable(process.execPath)) return process.execPath;

  const kept = join(root, '.node', 'node_modules', nodePackage(), 'bin', nodeFile);
  const packaged = join(root, 'node_modules', 'node', 'bin', nodeFile);
  for (const candidate of [kept, packaged, ...nodesOnPath()])
    if (existsSync(candidate) && usable(candidate) && majorOf(versionOf(candidate)) >= minimumMajor)
      return candidate;

  await progress.step(`Node ${fetchedVersion}`, async () => {
    const folder = join(root, '.node');
    guarded(() => mkdirSync(folder, { recursive: true }), 'Node could not be installed');
    await npm(
      process.execPath,
      ['install', '--prefix', folder, '--no-save', '--ignore-scripts', `${nodePackage()}@${fetchedVersion}`],
      { cwd: folder, env: cleanEnvironment(), what: `Node ${fetchedVersion} could not be installed` }
    );
  });
  if (majorOf(versionOf(kept)) < minimumMajor)
    throw new SetupError(
      `The Node that was fetched does not run here: install Node ${minimumMajor} or newer yourself.`
    );
  return kept;
}

const nodeFile = process.platform === 'win32' ? 'node.exe' : 'node';

function nodePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  return `${platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${platform}-${process.arch}`;
}

function nodesOnPath() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, nodeFile));
}

/** @param {string} path */
function versionOf(path) {
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** @param {string} version such as v24.1.0 */
function majorOf(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
}

/**
 * Programs find the right Node first, and keep what V8 made of their source beside the packages: a start takes a
 * quarter less.
 *
 * @param {string} root @param {string} node
 */
function environmentFor(root, node) {
  const env = cleanEnvironment();
  return {
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile'),
    ...env,
    PATH: `${dirname(node)}${delimiter}${env.PATH ?? ''}`
  };
}

/** Without what an outer npm says of itself: it would mislead an inner one. */
function cleanEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^npm_(package_|lifecycle_|command$|config_(local_)?prefix$|config_global_prefix$)/.test(name))
      delete env[name];
  return env;
}

// ---- packages

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.consilium-packages');

/** What the installed packages must have been made from. @param {string} root */
function wantedStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

/**
 * True where node_modules is whole and belongs to this lockfile. The stamp is written last, so half an
 * install has none; an install by hand is recognised by npm's own list and stamped.
 *
 * @param {string} root
 */
export function packagesComplete(root) {
  const wanted = wantedStamp(root);
  try {
    if (readFileSync(stampFile(root), 'utf8') === wanted) return true;
  } catch {
    // No stamp yet: look closer.
  }
  if (!sameAsLockfile(root)) return false;
  writeStamp(root, wanted);
  return true;
}

/** @param {string} root */
function sameAsLockfile(root) {
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  const wanted = lockedPackages(join(root, 'package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const found = installed[path];
    // Packages for other systems are in the lockfile only.
    return found
      ? found.version === entry.version
      : Boolean(entry.optional || entry.os || entry.cpu || entry.peer);
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, peer?: boolean, link?: boolean, os?: string[], cpu?: string[] }> | null}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

/** @param {string} root @param {string} stamp */
function writeStamp(root, stamp) {
  guarded(() => {
    writeFileSync(`${stampFile(root)}.new`, stamp);
    renameSync(`${stampFile(root)}.new`, stampFile(root));
  }, 'The packages could not be installed');
}

/** @param {string} root @param {string} node @param {NodeJS.ProcessEnv} env @param {(detail: string) => void} update */
async function installPackages(root, node, env, update) {
  await onlyOne(root, update, async () => {
    if (packagesComplete(root)) return;
    rmSync(stampFile(root), { force: true });
    const what = 'The packages could not be installed';
    await npm(node, ['ci', '--include=dev', '--include=optional'], { cwd: root, env, what });
    writeStamp(root, wantedStamp(root));
  });
}

/** Two starts at once must not install over each other. @param {string} root @param {(detail: string) => void} update @param {() => Promise<void>} work */
async function onlyOne(root, update, work) {
  const lock = join(root, '.node', 'install.lock');
  guarded(() => mkdirSync(dirname(lock), { recursive: true }), 'The packages could not be installed');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw explained(error, 'The packages could not be installed');
    }
    if (!isAlive(Number(readOr(lock, '0')))) rmSync(lock, { force: true });
    else {
      update('another start is installing them');
      await new Promise((done) => setTimeout(done, 500));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} file @param {string} otherwise */
function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

// ---- npm

/**
 * @param {string} node @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, what: string }} options what: beginning of the sentence on failure
 */
async function npm(node, args, { cwd, env, what }) {
  // Few and short retries: a machine without network hears of it in seconds, not minutes.
  const flags = [
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000'
  ];
  const script = npmScript();
  const [file, first] = script ? [node, [script]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  const child = spawn(file, [...first, ...args, ...flags], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const release = passSignals(child);
  let said = '';
  const keep = (/** @type {Buffer} */ chunk) => (said = (said + chunk.toString()).slice(-20_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  /** @type {number | null} */
  const code = await new Promise((done, failed) => {
    child.once('error', (error) =>
      failed(
        codeOf(error) === 'ENOENT'
          ? new SetupError(`${what}: npm was not found. Install Node.js with npm.`)
          : error
      )
    );
    child.once('close', done);
  });
  release();
  if (code !== 0) throw npmFailure(said, what, code);
}

/** npm's own script where it started us, so that it runs under the Node we choose. */
function npmScript() {
  const path = process.env.npm_execpath;
  return path && /npm-cli\.c?js$/.test(path) && existsSync(path) ? path : null;
}

/** @param {string} said @param {string} what @param {number | null} code */
function npmFailure(said, what, code) {
  if (code === null || code === 130 || code === 143)
    return new SetupError(`${what}: it was interrupted. Start again to go on.`);
  if (/ENOSPC|EDQUOT|no space left/i.test(said)) return explained({ code: 'ENOSPC' }, what);
  if (/\b(EACCES|EPERM|EROFS)\b/.test(said)) return explained({ code: 'EACCES' }, what);
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|network/i.test(
      said
    )
  )
    return new SetupError(
      `${what}: no connection to the npm registry. Check the network (or the proxy: npm config set proxy …), then start again.`
    );
  if (/EINTEGRITY/.test(said))
    return new SetupError(
      `${what}: a package arrived damaged. Run "npm cache clean --force", then start again.`
    );
  if (/EUSAGE|in sync/.test(said))
    return new SetupError(
      `${what}: package.json and package-lock.json do not match. Run "npm install", or take both from git again.`
    );
  const last = said
    .trim()
    .split('\n')
    .filter((line) => /error|ERR!/i.test(line))
    .slice(0, 3)
    .join(' ');
  return new SetupError(`${what}: ${last || `npm ended with code ${code}`}`);
}

/** Hand our signals to a child while it runs. @param {import('node:child_process').ChildProcess} child */
export function passSignals(child) {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const handlers = signals.map((signal) => {
    const handler = () => void child.kill(signal);
    process.on(signal, handler);
    return () => void process.off(signal, handler);
  });
  return () => handlers.forEach((release) => release());
}

// ---- failures

/** @param {unknown} error */
function codeOf(error) {
  return error && typeof error === 'object' && 'code' in error ? String(error.code) : null;
}

/** @param {unknown} error @param {string} what */
function explained(error, what) {
  if (error instanceof SetupError) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SetupError(`${what}: the disk is full. Free about 2 GB, then start again.`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new SetupError(
      `${what}: no permission to write here. Start as the owner of this folder, or clone it where you may write.`
    );
  return new SetupError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
}

/** @template T @param {() => T} work @param {string} what @returns {T} */
function guarded(work, what) {
  try {
    return work();
  } catch (error) {
    throw explained(error, what);
  }
}
