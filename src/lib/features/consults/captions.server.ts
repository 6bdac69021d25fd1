import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { minuteMs } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import { Limiter } from '#lib/kernel/limiter.ts';
import { allows } from '#lib/features/consent/consent.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { auditConsult } from './audit.server.ts';
import {
  captionsTopic,
  isUtterance,
  mostLineLength,
  mostUtteranceBytes,
  type CaptionLanguage,
  type CaptionLine,
  type CaptionMessage
} from './captions.ts';
import { isOpen } from './consult.ts';
import { mayModerate } from './policy.server.ts';
import { consultChanged, openConsult, seatIs, type ConsultRow } from './read.server.ts';
import { roomConsents } from './room-consents.server.ts';
import { currentKey, seatFor } from './room.server.ts';
import { identityOf } from './seat.ts';
import { consults, consultSeats } from './tables.server.ts';

/** Why captions ended: by a host, with somebody's agreement or the consult, or because nobody was left. */
export type CaptionsEnd = 'stopped' | 'not-agreed' | 'left';

/** Who speaks without a pause sends four utterances a minute; short ones come closer together. */
const limiter = new Limiter({ most: 60, withinMs: minuteMs });

/**
 * [CN-26] A host has what is said written down for everybody to read, once all have said yes; or ends it.
 * @throws AppError `forbidden`, `not_found`, `room_not_open`, `captions_not_configured`, `recording_not_in_call`,
 *   `captions_not_agreed` {missing: how many}
 */
export async function switchCaptions(
  call: Call<'speech', MemberActor>,
  consultId: string,
  on: boolean
): Promise<void> {
  const { host } = call.speech;
  await inTransaction(call, async (tx) => {
    const consult = await openConsult(tx, consultId, mayModerate);
    if (!on) return end(tx, consult, 'stopped');
    if (host === null) throw fail('captions_not_configured');
    if (consult.captionsAt) return;
    const [seat] = await tx.rows
      .select({ state: consultSeats.state })
      .from(consultSeats)
      .where(seatIs(consultId, identityOf(call.actor)));
    if (seat?.state !== 'in-room') throw fail('recording_not_in_call');
    const people = await roomConsents(tx, consult);
    const missing = people.filter(({ states }) => !allows(states['ai-notes'])).length;
    if (missing > 0) throw fail('captions_not_agreed', { missing });
    await tx.rows
      .update(consults)
      .set({ captionsAt: tx.now, captionsByName: call.actor.name })
      .where(eq(consults.id, consultId));
    await auditConsult(tx, consult, 'captions.start', { host, agreed: people.length });
    await consultChanged(tx, consultId, 'captions.changed');
    // Whoever watches rights holds one for it from now on.
    await tx.live({ topic: 'recordings', name: 'captions.started' });
  });
}

/** [CN-26] Once ended they do not come back by themselves. */
export async function endCaptions(
  call: Call,
  consultId: string,
  reason: Exclude<CaptionsEnd, 'stopped'>
): Promise<void> {
  await inTransaction(call, async (tx) => {
    const [consult] = await tx.rows.select().from(consults).where(eq(consults.id, consultId)).for('update');
    if (consult) await end(tx, consult, reason);
  });
}

/**
 * [CN-26] Somebody in the call said something. Asked before and after it was recognised whether all still agree; what
 * was heard is told to who is in the room then, and kept nowhere.
 * @returns whether there were words in it
 * @throws AppError `captions_off`, `captions_not_agreed`, `captions_unavailable`, `file_too_large`, `invalid_input`,
 *   `too_many_tries`, and what sitting in the call throws
 */
export async function hearUtterance(
  call: Call<'speech' | 'media' | 'fields', MemberActor | PatientLinkActor>,
  consultId: string,
  { source, language }: { source: AsyncIterable<Uint8Array>; language: CaptionLanguage }
): Promise<{ heard: boolean }> {
  const { actor, speech, media } = call;
  const identity = identityOf(actor);
  const { consult } = await inTransaction(call, (tx) => seatFor(tx, actor, consultId));
  // Who else is there, and what they said yes to, is not the speaker's to read.
  const reason = 'captions';
  const asked = {
    ...call,
    actor: { kind: 'system', organisationId: consult.organisationId, reason } as const
  };
  await inTransaction(asked, (tx) => listening(tx, consultId, identity));
  if (!limiter.take(identity, call.clock.now())) throw fail('too_many_tries');
  const audio = await collected(source);
  if (!isUtterance(audio)) throw fail('invalid_input');
  const at = call.clock.now().toISOString();
  const said = (await speech.transcribe(audio, { language })).replaceAll(/\s+/g, ' ').trim();
  if (!said) return { heard: false };
  const there = await inTransaction(asked, (tx) => listening(tx, consultId, identity));
  const line = { id: newId(), identity, name: actor.name, text: said.slice(0, mostLineLength), at };
  const { key, epoch } = await currentKey(call, consultId);
  await media.tell(consultId, captionsTopic, key ? sealed(line, key, epoch) : { kind: 'plain', line }, there);
  return { heard: true };
}

/** Who is in the room, where captions are made, this person is there and everybody agrees. */
async function listening(tx: Tx, consultId: string, identity: string): Promise<string[]> {
  const [consult] = await tx.rows.select().from(consults).where(eq(consults.id, consultId));
  if (!consult?.captionsAt || !isOpen(consult)) throw fail('captions_off');
  const seats = await tx.rows
    .select({ identity: consultSeats.identity, state: consultSeats.state })
    .from(consultSeats)
    .where(eq(consultSeats.consultId, consultId));
  const there = seats.filter(({ state }) => state === 'in-room').map((seat) => seat.identity);
  if (!there.includes(identity)) throw fail('recording_not_in_call');
  const people = await roomConsents(tx, consult);
  const missing = people.filter(({ states }) => !allows(states['ai-notes'])).length;
  if (missing > 0) throw fail('captions_not_agreed', { missing });
  return there;
}

async function end(tx: Tx, consult: ConsultRow, reason: CaptionsEnd): Promise<void> {
  if (!consult.captionsAt) return;
  await tx.rows
    .update(consults)
    .set({ captionsAt: null, captionsByName: null })
    .where(eq(consults.id, consult.id));
  await auditConsult(tx, consult, 'captions.end', { reason });
  await consultChanged(tx, consult.id, 'captions.changed');
}

/** Under a key of its own derived from the call's: the media server passes it on and cannot read it. */
function sealed(line: CaptionLine, key: string, epoch: number): CaptionMessage {
  const iv = randomBytes(12);
  const secret = Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64url'), '', captionsTopic, 32));
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(line)), cipher.final(), cipher.getAuthTag()]);
  return { kind: 'sealed', epoch, iv: iv.toString('base64url'), sealed: text.toString('base64url') };
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of source) {
    size += part.length;
    if (size > mostUtteranceBytes) throw fail('file_too_large', { limitMegabytes: 1 });
    parts.push(part);
  }
  return Buffer.concat(parts);
}
