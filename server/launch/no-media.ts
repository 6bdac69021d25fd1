import { fail } from '#lib/kernel/errors.ts';
import type { MediaServer, RoomEgress } from '#lib/kernel/ports.ts';

/** Stands in where the app was started without video (`--no-sfu`): rooms open, the call does not. */
export const noMedia: MediaServer = {
  clientUrl: null,
  iceServers: null,
  token: () => Promise.reject(fail('sfu_unavailable')),
  checkTokens: () => Promise.reject(fail('sfu_unavailable')),
  takeSeat: () => Promise.reject(fail('sfu_unavailable')),
  sign: () => Promise.reject(fail('sfu_unavailable')),
  mute: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  tell: () => Promise.reject(fail('sfu_unavailable')),
  closeRoom: () => Promise.resolve(),
  participants: () => Promise.resolve([])
};

/** Stands in where no egress service is configured: browsers record. */
export const noEgress: RoomEgress = {
  configured: false,
  start: () => Promise.reject(fail('recording_server_refused')),
  stop: () => Promise.resolve(),
  list: () => Promise.resolve([]),
  file: () => Promise.resolve(null),
  read: () => {
    throw fail('not_found');
  },
  remove: () => Promise.resolve(),
  files: () => Promise.resolve([])
};
