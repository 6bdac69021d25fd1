import { spawnSync } from 'node:child_process';

/**
 * Commands that run what follows them in a Linux namespace of its own: gone with it, and nothing outside sees it.
 * As root, as a user who may make user namespaces, or with a `sudo` that does not ask.
 */
function inNamespace(kind: '--mount' | '--net', prepare: string, name: string): string[] {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid === 0) return ['unshare', kind, 'sh', '-c', `${prepare} && exec "$@"`, name];
  if (spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0) {
    // Root inside for the preparation only: the app runs as who we are, as Postgres demands.
    const back = `exec unshare --user --map-user=${uid} --map-group=${gid} "$@"`;
    return ['unshare', '--user', '--map-root-user', kind, 'sh', '-c', `${prepare} && ${back}`, name];
  }
  return ['sudo', '-nE', 'unshare', kind, 'sh', '-c', `${prepare} && exec "$@"`, name];
}

/** `folder` is a disk of `kilobytes` only. */
export function withSmallDisk(folder: string, kilobytes: number): string[] {
  return inNamespace('--mount', `mount -t tmpfs -o size=${kilobytes}k,mode=755 tmpfs "$0"`, folder);
}

/** No network but the machine itself. */
export function withoutNetwork(): string[] {
  return inNamespace('--net', 'ip link set lo up', 'sh');
}

/** As root, a network of its own in which more can be made (`ip netns`), all of it gone with the command. */
export function withNetworks(): string[] {
  const prepare = 'ip link set lo up && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns';
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-nE'];
  return [...root, 'unshare', '--net', '--mount', 'sh', '-c', `${prepare} && exec "$@"`, 'sh'];
}
