import { createSocket } from 'node:dgram';
import { freePort, isPortFree } from '../launch/ports.ts';
import type { MediaPorts } from './types.ts';

/**
 * Ports for one media server: those wanted where free, else free ones. LiveKit listens for media on all
 * addresses, so these are tried there.
 */
export async function choosePorts(wanted: MediaPorts): Promise<MediaPorts> {
  const signal = wanted.signal !== 0 && (await isPortFree(wanted.signal)) ? wanted.signal : await freePort();
  const tcp =
    wanted.tcp !== 0 && wanted.tcp !== signal && (await isPortFree(wanted.tcp, '0.0.0.0'))
      ? wanted.tcp
      : await freePort('0.0.0.0');
  const udp = wanted.udp !== 0 && (await bindUdp(wanted.udp)) !== null ? wanted.udp : await bindUdp(0);
  if (udp === null) throw new Error('no UDP port is free');
  return { signal, tcp, udp };
}

/** The port, given back at once; null where it is taken. */
async function bindUdp(port: number): Promise<number | null> {
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address: '0.0.0.0', exclusive: true }, resolve);
    });
    return socket.address().port;
  } catch {
    return null;
  } finally {
    await new Promise<void>((resolve) => {
      try {
        socket.close(() => resolve());
      } catch {
        // Never bound: nothing to close.
        resolve();
      }
    });
  }
}
