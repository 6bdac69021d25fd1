import type { PatientLinkActor } from '#lib/kernel/actor.ts';
import { acceptConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { invitePatient, passDoor, visitorOf } from '#lib/features/consults/invite.server.ts';
import { answerOnVisit } from '#lib/features/consults/visit.server.ts';
import { answers } from './consent.ts';
import { questionOf } from './question.ts';
import type { World } from './world.ts';

/** What stands before a link's door: a browser nobody knows. */
export const doorOf = (world: World) => ({ ...world.services, request: { id: 'test', ip: '127.0.0.1' } });

/** A consult of Li's about one of the two patients, asked of Wang, and the patient's link to it. */
export async function invited(
  world: World,
  { accept = true, patientId = world.patientId, slotAt = null as Date | null } = {}
): Promise<{ id: string; token: string }> {
  const { li, wang } = world.people;
  const { id } = await askExpert(
    world.as(li),
    questionOf({
      patientId,
      question: '?',
      target: { kind: 'expert', expertId: wang.userId },
      ...(slotAt ? { mode: 'scheduled' as const, slotAt: slotAt.toISOString() } : {}),
      share: { chart: true }
    })
  );
  if (accept) await acceptConsult(world.as(wang), id);
  const { path } = await invitePatient(world.as(li), id);
  return { id, token: path.slice('/v/'.length) };
}

/** Whoever came through the door, having agreed to be seen unless told otherwise. */
export async function entered(
  world: World,
  token: string,
  { agrees = true, digits = '1234' } = {}
): Promise<PatientLinkActor> {
  const { secret } = await passDoor(doorOf(world), { token, digits });
  const visitor = await visitorOf(world.services, secret);
  if (!visitor) throw new Error('no visitor behind the cookie');
  if (agrees) await answerOnVisit(world.as(visitor), answers({ video: true }));
  return visitor;
}
