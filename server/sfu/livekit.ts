import {
  DataPacket_Kind,
  RoomServiceClient,
  TrackSource,
  TwirpError,
  type ParticipantInfo
} from 'livekit-server-sdk';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { MediaGrant, MediaServer } from '#lib/kernel/ports.ts';
import type { Presence, PresenceChange, Seat } from './presence.ts';
import type { Revoked } from './revoked.ts';
import { checkSeconds, mintCheckToken, mintToken, rightsOf } from './tokens.ts';
import type { OutsideMediaServer } from './types.ts';
import type { MediaKeys } from './yaml.ts';

export interface LiveKitOptions {
  keys: MediaKeys;
  /** Base of the API, `http(s)://…`; null while there is no media server. */
  apiUrl: () => string | null;
  clientUrl: () => string | null;
  /** Null: the SFU itself tells its clients (it runs a TURN server). */
  iceServers: MediaServer['iceServers'];
  revoked: Revoked;
  presence: Presence;
  tell: (changes: PresenceChange[]) => void;
  now?: () => Date;
}

/** A LiveKit server, ours or another's, as the use cases see it. */
export function liveKitMediaServer(options: LiveKitOptions) {
  const { keys, revoked, presence, tell } = options;
  const now = options.now ?? (() => new Date());
  let client: { url: string; rooms: RoomServiceClient } | null = null;

  function rooms(): RoomServiceClient {
    const url = options.apiUrl();
    if (url === null) throw fail('sfu_unavailable');
    if (client?.url !== url)
      client = {
        url,
        rooms: new RoomServiceClient(url, keys.apiKey, keys.apiSecret, { requestTimeout: 5, failover: false })
      };
    return client.rooms;
  }

  /** Null where what is asked about is not there. */
  async function ask<T>(call: (rooms: RoomServiceClient) => Promise<T>): Promise<T | null> {
    try {
      return await call(rooms());
    } catch (error) {
      if (error instanceof TwirpError && (error.status === 404 || error.code === 'not_found')) return null;
      if (error instanceof Error && error.name === 'AppError') throw error;
      throw fail('sfu_unavailable', {}, error);
    }
  }

  const media: MediaServer = {
    get clientUrl() {
      return options.clientUrl();
    },
    iceServers: options.iceServers,
    async token(grant: MediaGrant): Promise<string> {
      if (options.clientUrl() === null) throw fail('sfu_unavailable');
      await revoked.untilReadmittable(grant.room, grant.identity, now());
      return mintToken(keys, grant);
    },
    async checkTokens() {
      if (options.clientUrl() === null) throw fail('sfu_unavailable');
      const room = `${checkPrefix}${newId()}`;
      const end = setTimeout(() => {
        // Who has gone has ended it already; that it cannot be asked now leaves an empty room, which ends by itself.
        ask((api) => api.deleteRoom(room)).catch(() => undefined);
      }, checkSeconds * 1_000);
      end.unref();
      const [send, receive] = await Promise.all(
        (['send', 'receive'] as const).map((does) => mintCheckToken(keys, { room, does }))
      );
      return { send: send!, receive: receive! };
    },
    async takeSeat(grant: MediaGrant): Promise<void> {
      const seated = await ask((api) =>
        api.updateParticipant(grant.room, grant.identity, {
          permission: rightsOf({ ...grant, hidden: false })
        })
      );
      if (!seated) throw fail('not_found');
      tell(presence.joined(seatOf(grant.room, seated)));
    },
    async sign(room, identity, signs): Promise<void> {
      // An empty value takes an attribute away; what is not named stays.
      const attributes = Object.fromEntries(
        Object.entries(signs).map(([sign, value]) => [sign, value ?? ''])
      );
      if (!(await ask((api) => api.updateParticipant(room, identity, { attributes }))))
        throw fail('not_found');
    },
    async mute(room, identity): Promise<void> {
      const person = await ask((api) => api.getParticipant(room, identity));
      const microphones = person?.tracks.filter(
        ({ source, muted }) => source === TrackSource.MICROPHONE && !muted
      );
      for (const { sid } of microphones ?? [])
        await ask((api) => api.mutePublishedTrack(room, identity, sid, true));
    },
    async remove(room: string, identity: string): Promise<void> {
      revoked.add(room, identity, now());
      await ask((api) => api.removeParticipant(room, identity));
    },
    async tell(room, topic, message, identities): Promise<void> {
      // Nobody named would be everybody.
      if (identities.length === 0) return;
      const bytes = new TextEncoder().encode(JSON.stringify(message));
      const to = { topic, destinationIdentities: [...identities] };
      await ask((api) => api.sendData(room, bytes, DataPacket_Kind.RELIABLE, to));
    },
    async closeRoom(room: string): Promise<void> {
      revoked.add(room, null, now());
      await ask((api) => api.deleteRoom(room));
    },
    async participants(room: string): Promise<string[]> {
      return (await seatsIn(room)).map((seat) => seat.identity);
    }
  };

  async function seatsIn(room: string): Promise<Seat[]> {
    const all = (await ask((api) => api.listParticipants(room))) ?? [];
    return all
      .filter((participant) => !isNobody(participant))
      .map((participant) => seatOf(room, participant));
  }

  return {
    media,
    /** Everyone in every room now. */
    async everySeat(): Promise<Seat[]> {
      const open = (await ask((api) => api.listRooms())) ?? [];
      const rooms = open.filter((room) => !isCheck(room.name));
      return (await Promise.all(rooms.map((room) => seatsIn(room.name)))).flat();
    }
  };
}

/** Asks a LiveKit of the site's own whether it takes our keys. @returns null where it does, else why not */
export async function refusalBy({ url, apiKey, apiSecret }: OutsideMediaServer): Promise<string | null> {
  const options = { requestTimeout: 5, failover: false };
  try {
    await new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, options).listRooms();
    return null;
  } catch (error) {
    return refusalOf(error);
  }
}

/** Why the API was of no use, in words for whoever set it up; `error` as `everySeat` throws it. */
export function refusalOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof TwirpError && [401, 403].includes(cause.status))
    return 'it refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET';
  return 'it does not answer';
}

/** Rooms of line checks: of nobody's consult, told to nobody. */
const checkPrefix = 'check-';
export const isCheck = (room: string): boolean => room.startsWith(checkPrefix);

/** ParticipantInfo.Kind of the protocol: what records the room. */
const egressKind: ParticipantInfo['kind'] = 2;

/** True for someone who still waits in the lobby with the connection already warm, and for what records the room. */
export function isNobody({ permission, kind }: Pick<ParticipantInfo, 'permission' | 'kind'>): boolean {
  return permission?.hidden === true || kind === egressKind;
}

export function seatOf(room: string, participant: Pick<ParticipantInfo, 'identity' | 'sid'>): Seat {
  return { room, identity: participant.identity, session: participant.sid };
}
