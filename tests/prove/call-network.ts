import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A page's way to the site over a router of its own: Wi-Fi and mobile data on one side, the site on the other. All
 * of it lies in network namespaces below the one this process runs in (namespace.ts), and is gone with it.
 */
export const siteAddress = '10.201.0.1';
const routerAddress = '10.201.0.2';
const links = { wifi: '10.202.0', mobile: '10.203.0' } as const;
type Link = keyof typeof links;

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
const inRouter = (...args: string[]) => ip('-n', 'router', ...args);
const atPage = (...args: string[]) => ip('-n', 'page', ...args);

export function buildNetwork(): void {
  for (const place of ['router', 'page']) {
    ip('netns', 'add', place);
    ip('-n', place, 'link', 'set', 'lo', 'up');
  }
  ip('link', 'add', 'site', 'type', 'veth', 'peer', 'name', 'site', 'netns', 'router');
  ip('address', 'add', `${siteAddress}/24`, 'dev', 'site');
  ip('link', 'set', 'site', 'up');
  inRouter('address', 'add', `${routerAddress}/24`, 'dev', 'site');
  inRouter('link', 'set', 'site', 'up');
  ip('route', 'add', '10.202.0.0/15', 'via', routerAddress);
  execFileSync('ip', ['netns', 'exec', 'router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  for (const [link, net] of Object.entries(links)) {
    inRouter('link', 'add', link, 'type', 'veth', 'peer', 'name', link, 'netns', 'page');
    inRouter('address', 'add', `${net}.1/24`, 'dev', link);
    inRouter('link', 'set', link, 'up');
    atPage('address', 'add', `${net}.2/24`, 'dev', link);
  }
  use('wifi');
}

/** The device is on this link alone, at another address than on the other. */
export function use(link: Link): void {
  for (const other of Object.keys(links)) if (other !== link) atPage('link', 'set', other, 'down');
  atPage('link', 'set', link, 'up');
  atPage('route', 'replace', 'default', 'via', `${links[link]}.1`);
}

/** Every packet of the page, to and from it, vanishes in the router without a word. */
export function blackout(on: boolean): void {
  const act = on ? 'add' : 'delete';
  for (const address of [siteAddress, ...Object.values(links).map((net) => `${net}.2`)])
    inRouter('route', act, 'blackhole', `${address}/32`);
}

/** A program that starts this one behind the router. */
export function behindRouter(program: string, folder: string): string {
  const path = join(folder, 'behind-router.sh');
  writeFileSync(path, `#!/bin/sh\nexec ip netns exec page '${program}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
