/**
 * Commands that run what follows them in a Linux namespace of its own: gone with it, and nothing outside sees it.
 * They need root, or a `sudo` that does not ask.
 */
const unshare = process.getuid?.() === 0 ? ['unshare'] : ['sudo', '-nE', 'unshare'];

/** `folder` is a disk of `kilobytes` only. */
export function withSmallDisk(folder: string, kilobytes: number): string[] {
  const mount = `mount -t tmpfs -o size=${kilobytes}k,mode=755 tmpfs "$0" && exec "$@"`;
  return [...unshare, '--mount', 'sh', '-c', mount, folder];
}

/** No network but the machine itself. */
export function withoutNetwork(): string[] {
  return [...unshare, '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
}
