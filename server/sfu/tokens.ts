import { AccessToken, RoomConfiguration, TrackSource } from 'livekit-server-sdk';
import type { MediaGrant } from '#lib/kernel/ports.ts';
import type { MediaKeys } from './yaml.ts';

/** Long enough to join with a slow phone, short enough that a leaked one is worth little. */
export const tokenLifetimeSeconds = 5 * 60;

/** Rights of a seat that has been taken. The token of a held seat has none of them. */
export function rightsOf(grant: Pick<MediaGrant, 'canPublish' | 'canPublishData' | 'hidden'>) {
  const held = grant.hidden === true;
  return {
    canSubscribe: !held,
    canPublish: !held && grant.canPublish,
    canPublishData: !held && grant.canPublishData,
    canUpdateOwnMetadata: false,
    hidden: held
  };
}

/**
 * A token that can join `grant.room` as `grant.identity` and nothing else. Only role, name, what a delegate is to the
 * patient and where a guest works travel with it; whoever is in the room can read them.
 */
export async function mintToken(keys: MediaKeys, grant: MediaGrant): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, {
    identity: grant.identity,
    name: grant.name,
    ttl: tokenLifetimeSeconds,
    metadata: JSON.stringify({
      ...{ role: grant.role, name: grant.name },
      ...{ relation: grant.relation, organisation: grant.organisation }
    })
  });
  token.addGrant({ roomJoin: true, room: grant.room, ...rightsOf(grant) });
  return token.toJwt();
}

/** A slow line needs some seconds; nobody needs a minute. */
export const checkSeconds = 60;

/**
 * [SFU-11] A token of a minute for a room of two that ends with them: one sends a picture, the other receives it. It
 * names nobody, and carries neither sound nor data.
 */
export async function mintCheckToken(
  keys: MediaKeys,
  { room, does }: { room: string; does: 'send' | 'receive' }
): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { identity: does, ttl: checkSeconds });
  token.addGrant({
    ...{ roomJoin: true, room, canPublish: does === 'send', canPublishSources: [TrackSource.CAMERA] },
    ...{ canSubscribe: does === 'receive', canPublishData: false, canUpdateOwnMetadata: false }
  });
  token.roomConfig = new RoomConfiguration({ maxParticipants: 2, emptyTimeout: 10, departureTimeout: 2 });
  return token.toJwt();
}
