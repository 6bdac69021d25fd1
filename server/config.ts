import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { options as knownOptions } from './launch/help.mjs';
import { StopError } from './launch/stop-error.ts';
import type { MediaConfig, ReleaseSource } from './sfu/types.ts';

export const roleNames = ['web', 'collab', 'worker', 'dicom'] as const;
export type Role = (typeof roleNames)[number];
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything the environment and the command line decide. Read once, at the start, nowhere else. */
export interface Config {
  development: boolean;
  /** The repository's folder. */
  root: string;
  dataDir: string;
  host: string;
  /** 0: any free port. */
  port: number;
  /** The one address people use (ORIGIN), no trailing slash. Null: whatever address a request names. */
  origin: string | null;
  /** Believe X-Forwarded-For and X-Forwarded-Proto of the last hop: only behind a proxy of ours. */
  trustProxy: boolean;
  roles: ReadonlySet<Role>;
  demo: boolean;
  /** Null: a Postgres of our own in the data folder. */
  databaseUrl: string | null;
  /** What carries boards between nodes. Null: this is the only node. */
  redisUrl: string | null;
  /** Null: no video (`--no-sfu`). */
  media: MediaConfig | null;
  mail: { url: string; from: string } | null;
  /** Web Push to people's devices; null: none. */
  push: { contact: string; hosts: readonly string[] } | null;
  /** Speech to text for captions; null: none. */
  speech: { url: string; model: string; key: string | null } | null;
  /** Sign-in at an OpenID Connect provider; null: passwords and passkeys only. */
  oidc: OidcConfig | null;
  /** 32 bytes, hex or base64. Null: `<dataDir>/master.key`, made on the first start. */
  masterKey: Buffer | null;
  /** Master keys before that one, oldest first. */
  olderMasterKeys: readonly Buffer[];
  /** Where the master key that wraps data keys is kept by HashiCorp Vault. Null: it is the one above. */
  vault: VaultSettings | null;
  /** ClamAV's daemon. Null: files are not scanned for viruses. */
  clamd: ClamdConfig | null;
  maxUploadBytes: number;
  /** Months audit events stay in the database before they go into archive files; at least 6. */
  auditHotMonths: number;
  logLevel: LogLevel;
  /** Print one line of JSON when ready, for programs that start us. */
  readyJson: boolean;
}

export interface OidcConfig {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** On the button. */
  name: string;
}

export interface ClamdConfig {
  address: { path: string } | { host: string; port: number };
  /** What becomes of a file while clamd cannot be asked. */
  whenGone: 'refuse' | 'accept';
}

export interface VaultSettings {
  address: string;
  token: string;
  mount: string;
  key: string;
  namespace: string | null;
}

export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The settings in `argv` (what follows the script's name) over those in `env` over the defaults.
 * @throws StopError naming the setting that is wrong
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const { values, development } = readArguments(argv);
  const text = (name: string) => env[name]?.trim() || null;
  const host = values.host ?? text('HOST') ?? '127.0.0.1';
  const port = portNumber(values.port ?? text('PORT') ?? '3000', values.port ? '--port' : 'PORT');
  const origin = readOrigin(text('ORIGIN'));
  return {
    development,
    root: repositoryRoot,
    dataDir: readPath(values.data ?? text('DATA_DIR') ?? 'data'),
    host,
    port,
    origin,
    trustProxy: flag(text('TRUST_PROXY'), 'TRUST_PROXY') ?? false,
    roles: readRoles(values.roles ?? text('ROLES')),
    demo: values['no-demo'] ? false : (flag(text('DEMO'), 'DEMO') ?? true),
    databaseUrl: readUrl(text('DATABASE_URL'), 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: readUrl(text('REDIS_URL'), 'REDIS_URL', ['redis:', 'rediss:']),
    media: values['no-sfu'] ? null : readMedia(text, origin),
    mail: readMail(text),
    push: readPush(text),
    speech: readSpeech(text),
    oidc: readOidc(text),
    masterKey: readMasterKey(text('MASTER_KEY')),
    olderMasterKeys: readOlderMasterKeys(text),
    vault: readVault(text),
    clamd: readClamd(text),
    maxUploadBytes: wholeNumber(text('MAX_UPLOAD_MB') ?? '1024', 'MAX_UPLOAD_MB') * 1024 * 1024,
    auditHotMonths: readHotMonths(text('AUDIT_HOT_MONTHS') ?? '12'),
    logLevel: oneOf(logLevels, text('LOG_LEVEL') ?? 'info', 'LOG_LEVEL'),
    readyJson: values['ready-json'] ?? false
  };
}

/** The address to open and to put into links, once the port is known. */
export function publicOrigin(config: Pick<Config, 'origin' | 'host'>, port: number): string {
  if (config.origin) return config.origin;
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const loopback = config.host === '127.0.0.1' || config.host === '::1';
  const name =
    everywhere || loopback ? 'localhost' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return `http://${name}${port === 80 ? '' : `:${port}`}`;
}

/** Headers our own HTTP server sets on each request for SvelteKit's handler; a client's are overwritten. */
export const handlerHeaders = { protocol: 'x-consilium-proto', address: 'x-consilium-address' } as const;

/**
 * What SvelteKit's handler reads from the environment when it is imported. Without ORIGIN the address is
 * taken from each request, so that localhost, 127.0.0.1 and a name in the LAN all work.
 */
export function setHandlerEnvironment(
  config: Pick<Config, 'origin'>,
  env: NodeJS.ProcessEnv = process.env
): void {
  if (config.origin) env['ORIGIN'] = config.origin;
  else delete env['ORIGIN'];
  env['PROTOCOL_HEADER'] = handlerHeaders.protocol;
  env['ADDRESS_HEADER'] = handlerHeaders.address;
  delete env['HOST_HEADER'];
  delete env['PORT_HEADER'];
  // Uploads are streamed and limited by their use case; forms are limited by our own server.
  env['BODY_SIZE_LIMIT'] = 'Infinity';
}

function readArguments(argv: readonly string[]) {
  try {
    const options = { ...knownOptions, dev: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false });
    return { values, development: values.dev ?? false };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('.')[0] ?? '') : String(error);
    throw new StopError(`${reason}. See "npm start -- --help".`, { cause: error });
  }
}

function readPath(value: string): string {
  return isAbsolute(value) ? resolve(value) : resolve(repositoryRoot, value);
}

function readOrigin(value: string | null): string | null {
  if (value === null) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.pathname !== '/' ||
    url.search ||
    url.username
  )
    throw new StopError(
      `ORIGIN is "${value}": give scheme and host only, such as https://consult.example.org.`
    );
  return url.origin;
}

function readRoles(value: string | null): ReadonlySet<Role> {
  if (value === null || value === 'all') return new Set(roleNames);
  return new Set(value.split(',').map((name) => oneOf(roleNames, name.trim(), 'ROLES')));
}

type Text = (name: string) => string | null;

function readMedia(text: Text, origin: string | null): MediaConfig {
  const url = readUrl(text('LIVEKIT_URL'), 'LIVEKIT_URL', ['ws:', 'wss:', 'http:', 'https:']);
  const port = (name: string, fallback: string) => portNumber(text(name) ?? fallback, name);
  return {
    origin,
    outside: url ? outsideMedia(url, text) : null,
    ports: {
      signal: port('SFU_SIGNAL_PORT', '7880'),
      udp: port('SFU_UDP_PORT', '7882'),
      tcp: port('SFU_TCP_PORT', '7881')
    },
    nodeIp: text('SFU_NODE_IP'),
    iceLite: flag(text('SFU_ICE_LITE'), 'SFU_ICE_LITE') ?? false,
    turn: readTurn(text),
    release: readRelease(text),
    egress: readEgress(text)
  };
}

function readEgress(text: Text): MediaConfig['egress'] {
  const folder = text('EGRESS');
  if (folder === null) return null;
  // The service is given this path as it stands, and has a working folder of its own.
  if (!isAbsolute(folder)) throw new StopError(`EGRESS is "${folder}": give the whole path of a folder.`);
  const redisUrl = text('REDIS_URL');
  if (!redisUrl && !text('LIVEKIT_URL'))
    throw new StopError('EGRESS is set: set REDIS_URL as well, over which the egress service gets its work.');
  return { folder: resolve(folder), redisUrl };
}

function readRelease(text: Text): ReleaseSource | null {
  const url = readUrl(text('LIVEKIT_DOWNLOAD_URL'), 'LIVEKIT_DOWNLOAD_URL', ['https:', 'http:']);
  const sha256 = text('LIVEKIT_DOWNLOAD_SHA256');
  if (sha256 && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new StopError('LIVEKIT_DOWNLOAD_SHA256 must be the 64 hex digits that "sha256sum" prints.');
  if (sha256 && !url)
    throw new StopError('LIVEKIT_DOWNLOAD_SHA256 is set: set LIVEKIT_DOWNLOAD_URL, whose archive it is of.');
  return url ? { url: url.replace(/\/$/, ''), sha256: sha256?.toLowerCase() ?? null } : null;
}

function outsideMedia(url: string, text: Text): NonNullable<MediaConfig['outside']> {
  const apiKey = text('LIVEKIT_API_KEY');
  const apiSecret = text('LIVEKIT_API_SECRET');
  if (!apiKey || !apiSecret)
    throw new StopError('LIVEKIT_URL is set: set LIVEKIT_API_KEY and LIVEKIT_API_SECRET as well.');
  return { url: url.replace(/^http/, 'ws').replace(/\/$/, ''), apiKey, apiSecret };
}

function readTurn(text: Text): MediaConfig['turn'] {
  const domain = text('TURN_DOMAIN');
  if (!domain) return null;
  const certFile = text('TURN_CERT_FILE');
  const keyFile = text('TURN_KEY_FILE');
  if (Boolean(certFile) !== Boolean(keyFile))
    throw new StopError('TURN over TLS needs both TURN_CERT_FILE and TURN_KEY_FILE.');
  const tlsPort = portNumber(text('TURN_TLS_PORT') ?? '5349', 'TURN_TLS_PORT');
  return {
    domain,
    udpPort: portNumber(text('TURN_UDP_PORT') ?? '3478', 'TURN_UDP_PORT'),
    // The media server has a working folder of its own.
    tls:
      certFile && keyFile ? { port: tlsPort, certFile: readPath(certFile), keyFile: readPath(keyFile) } : null
  };
}

function readOidc(text: Text): OidcConfig | null {
  const issuer = readUrl(text('OIDC_ISSUER'), 'OIDC_ISSUER', ['https:', 'http:']);
  if (!issuer) return null;
  const { protocol, hostname } = new URL(issuer);
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    throw new StopError('OIDC_ISSUER must be https: over http anybody on the way could sign in as anyone.');
  const clientId = text('OIDC_CLIENT_ID');
  const clientSecret = text('OIDC_CLIENT_SECRET');
  if (!clientId || !clientSecret)
    throw new StopError('OIDC_ISSUER is set: set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well.');
  return { issuer, clientId, clientSecret, name: text('OIDC_NAME') ?? new URL(issuer).hostname };
}

function readMail(text: Text): Config['mail'] {
  const url = readUrl(text('SMTP_URL'), 'SMTP_URL', ['smtp:', 'smtps:']);
  if (!url) return null;
  const from = text('MAIL_FROM');
  if (!from) throw new StopError('SMTP_URL is set: set MAIL_FROM to the address mails come from as well.');
  return { url, from };
}

function readPush(text: Text): Config['push'] {
  const contact = text('PUSH_CONTACT');
  const hosts = (text('PUSH_HOSTS') ?? '').split(',').flatMap((host) => host.trim().toLowerCase() || []);
  if (!contact) {
    if (hosts.length) throw new StopError('PUSH_HOSTS is set: set PUSH_CONTACT as well.');
    return null;
  }
  if (!/^mailto:[^\s@]+@[^\s@]+$/.test(contact) && !/^https:\/\/[^\s]+$/.test(contact))
    throw new StopError('PUSH_CONTACT must be mailto:somebody@example.org or an https address.');
  for (const host of hosts)
    if (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host !== host)
      throw new StopError(`PUSH_HOSTS: "${host}" is not a host name, with its port where that is not 443.`);
  return { contact, hosts };
}

function readSpeech(text: Text): Config['speech'] {
  const url = readUrl(text('SPEECH_URL'), 'SPEECH_URL', ['https:', 'http:']);
  const [model, key] = [text('SPEECH_MODEL'), text('SPEECH_KEY')];
  if (!url) {
    if (model || key) throw new StopError('SPEECH_MODEL or SPEECH_KEY is set: set SPEECH_URL as well.');
    return null;
  }
  const { protocol, hostname, username, search } = new URL(url);
  if (protocol === 'http:' && !isOwnNetwork(hostname))
    throw new StopError('SPEECH_URL must be https: what patients say would be readable on the way.');
  if (username || search) throw new StopError('SPEECH_URL takes no name, password or "?": use SPEECH_KEY.');
  if (!model) throw new StopError('SPEECH_URL is set: set SPEECH_MODEL, the model to ask for, as well.');
  return { url, model, key };
}

/** This machine, or an address of a private network written as one. */
function isOwnNetwork(hostname: string): boolean {
  return (
    ['localhost', '[::1]'].includes(hostname) ||
    /^(127|10)\.\d+\.\d+\.\d+$|^192\.168\.\d+\.\d+$|^172\.(1[6-9]|2\d|3[01])\.\d+\.\d+$/.test(hostname)
  );
}

function readOlderMasterKeys(text: Text): readonly Buffer[] {
  const listed = text('MASTER_KEY_OLD');
  if (listed && !text('MASTER_KEY'))
    throw new StopError('MASTER_KEY_OLD is set: set MASTER_KEY, which takes its place, as well.');
  return (listed ?? '')
    .split(',')
    .map((key) => readMasterKey(key.trim() || null, 'MASTER_KEY_OLD'))
    .filter((key) => key !== null);
}

function readVault(text: Text): VaultSettings | null {
  const address = readUrl(text('VAULT_ADDR'), 'VAULT_ADDR', ['http:', 'https:']);
  const key = text('VAULT_TRANSIT_KEY');
  if (!address && !key) return null;
  const token = text('VAULT_TOKEN');
  if (!address || !key || !token)
    throw new StopError('For the master key in Vault set VAULT_ADDR, VAULT_TOKEN and VAULT_TRANSIT_KEY.');
  const mount = text('VAULT_TRANSIT_MOUNT') ?? 'transit';
  return { address, token, mount, key, namespace: text('VAULT_NAMESPACE') };
}

function readClamd(text: Text): ClamdConfig | null {
  const whenGone = oneOf(['refuse', 'accept'] as const, text('CLAMD_GONE') ?? 'refuse', 'CLAMD_GONE');
  const value = text('CLAMD');
  if (value === null) return null;
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(value)?.[1];
  if (path) return { address: { path }, whenGone };
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'tcp:' || !url.hostname)
    throw new StopError(`CLAMD is "${value}": give tcp://host:port or unix:/path/of/the/socket.`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { address: { host, port: Number(url.port) || 3310 }, whenGone };
}

function readMasterKey(value: string | null, name = 'MASTER_KEY'): Buffer | null {
  if (value === null) return null;
  const key = /^[0-9a-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : Buffer.from(value, 'base64');
  if (key.length !== 32)
    throw new StopError(`${name} must be 32 bytes in hex or base64: make one with "openssl rand -hex 32".`);
  return key;
}

function readUrl(value: string | null, name: string, protocols: readonly string[]): string | null {
  if (value === null) return null;
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol))
    throw new StopError(
      `${name} is not an address beginning with ${protocols.map((p) => `${p}//`).join(' or ')}.`
    );
  return value;
}

function portNumber(value: string, name: string): number {
  const port = wholeNumber(value, name);
  if (port > 65_535) throw new StopError(`${name} is ${value}: a port is at most 65535.`);
  return port;
}

function wholeNumber(value: string, name: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new StopError(`${name} is "${value}": give a whole number.`);
  return Number(value);
}

function readHotMonths(value: string): number {
  const months = wholeNumber(value, 'AUDIT_HOT_MONTHS');
  if (months < 6) throw new StopError('AUDIT_HOT_MONTHS must be 6 or more.');
  return months;
}

function flag(value: string | null, name: string): boolean | null {
  if (value === null) return null;
  if (['1', 'true', 'yes', 'on'].includes(value.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(value.toLowerCase())) return false;
  throw new StopError(`${name} is "${value}": give 1 or 0.`);
}

function oneOf<T extends string>(allowed: readonly T[], value: string, name: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (!found) throw new StopError(`${name} is "${value}": one of ${allowed.join(', ')}.`);
  return found;
}
