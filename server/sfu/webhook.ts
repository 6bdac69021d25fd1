import type { IncomingMessage, ServerResponse } from 'node:http';
import { WebhookReceiver, type WebhookEvent } from 'livekit-server-sdk';
import type { Logger } from '#lib/kernel/ports.ts';
import { isCheck, isNobody, seatOf } from './livekit.ts';
import type { Presence, PresenceChange } from './presence.ts';
import type { MediaKeys } from './yaml.ts';

export const webhookPath = '/sfu/webhook';
const largestBodyBytes = 256 * 1_024;

/** Takes the media server's news. Only what it signed counts. */
export function createWebhook(options: {
  keys: MediaKeys;
  presence: Presence;
  tell: (changes: PresenceChange[]) => void;
  /** Of recordings it makes. What became of them it is asked: news get lost. */
  onEgress: () => Promise<void>;
  log: Logger;
}) {
  const receiver = new WebhookReceiver(options.keys.apiKey, options.keys.apiSecret);

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const body = await readBody(request);
    if (body === null) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    let event: WebhookEvent;
    try {
      event = await receiver.receive(body, request.headers.authorization);
    } catch (error) {
      options.log.warn({ reason: error instanceof Error ? error.name : 'unknown' }, 'webhook refused');
      response.writeHead(401).end();
      return;
    }
    if (event.event.startsWith('egress_'))
      options
        .onEgress()
        .catch((error: unknown) =>
          options.log.warn(
            { name: error instanceof Error ? error.name : 'unknown' },
            'news of a recording not told'
          )
        );
    else options.tell(changesBy(event, options.presence));
    response.writeHead(204).end();
  };
}

function changesBy(event: WebhookEvent, presence: Presence): PresenceChange[] {
  const room = event.room?.name;
  if (!room || isCheck(room)) return [];
  if (event.event === 'room_finished') return presence.finished(room);
  const participant = event.participant;
  if (!participant) return [];
  switch (event.event) {
    case 'participant_joined':
      return isNobody(participant) ? [] : presence.joined(seatOf(room, participant));
    case 'participant_left':
    case 'participant_connection_aborted':
      return presence.left(seatOf(room, participant));
    default:
      return [];
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > largestBodyBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
