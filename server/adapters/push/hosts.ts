import type { LookupFunction } from 'node:net';
import { lookup } from 'node:dns';
import { BlockList, isIPv6 } from 'node:net';

/** Push services of the browsers there are; a leading dot: any name below. */
const known = [
  'fcm.googleapis.com',
  '.push.services.mozilla.com',
  '.push.apple.com',
  '.notify.windows.com'
] as const;

/** An endpoint may lead there. `own`: named by whoever runs the site, in their own network if they like. */
export type PushHost = 'known' | 'own';

/**
 * [NO-22] Whether a subscription's endpoint leads to a push service: browsers, and whoever pretends to be one, choose it.
 * @param own `host` or `host:port`, as configured
 */
export function pushHost(endpoint: string, own: readonly string[]): PushHost | null {
  if (endpoint.length > 1_000 || !URL.canParse(endpoint)) return null;
  const { protocol, host, hostname, port, username, password } = new URL(endpoint);
  if (protocol !== 'https:' || username || password) return null;
  if (own.includes(host)) return 'own';
  if (port !== '') return null;
  return known.some((name) => (name.startsWith('.') ? hostname.endsWith(name) : hostname === name))
    ? 'known'
    : null;
}

const inside = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3]
] as const)
  inside.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8]
] as const)
  inside.addSubnet(network, bits, 'ipv6');

/** Not somewhere in a network of one's own. */
export function isPublic(address: string): boolean {
  return !inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The look-up of the very connection that is opened, so that a name cannot change its mind in between. */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const open = error ? [] : addresses.filter(({ address }) => isPublic(address));
    const first = open[0];
    if (error) done(error, '', 0);
    else if (!first) done(Object.assign(new Error('not a public address'), { code: 'EPRIVATE' }), '', 0);
    else if (options.all) done(null, open);
    else done(null, first.address, first.family);
  });
};
