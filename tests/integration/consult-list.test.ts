import { describe, expect, test } from 'vitest';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { acceptConsult, askForMore, cancelConsult } from '#lib/features/consults/answer.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { countWaiting, listConsults, readConsult } from '#lib/features/consults/read.server.ts';
import type { AskInput } from '#lib/features/consults/schema.ts';
import { questionOf } from '../support/question.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

const ask = (target: AskInput['target']) =>
  askExpert(
    world.as(world.people.li),
    questionOf({
      patientId: world.patientId,
      question: '36 是否需要根管治疗?',
      target,
      share: { allergies: true, chart: true }
    })
  );
const askAny = () => ask({ kind: 'specialty', organisationId: world.hospitalId, specialty: 'endodontics' });
const askWang = () => ask({ kind: 'expert', expertId: world.people.wang.userId });
const waiting = (...people: MemberActor[]) =>
  Promise.all(people.map((person) => countWaiting(world.as(person))));

describe('a consult in lists', () => {
  test('[CN-15] says the expert asked by name before they accept, and none where a specialty was asked', async () => {
    const { li, wang } = world.people;
    const named = await askWang();
    const any = await askAny();
    const list = await listConsults(world.as(li));
    const nameOf = (id: string) => list.find((one) => one.id === id)?.expertName;
    expect(nameOf(named.id)).toBe(wang.name);
    expect(nameOf(any.id)).toBeNull();
    expect(await readConsult(world.as(li), named.id)).toMatchObject({
      expertName: wang.name,
      expertTitle: '主任医师',
      expertId: null
    });
    for (const { id } of [named, any]) await cancelConsult(world.as(li), id);
  });

  test('[CN-16] waits for every expert it asks until one accepts, for the asker when more is asked, for nobody else', async () => {
    const { li, nurse, reception, wang, sun, liu, stranger } = world.people;
    const others = [nurse, reception, liu, stranger];
    expect(await waiting(li, wang, sun, ...others)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const any = await askAny();
    const named = await askWang();
    expect(await waiting(li, wang, sun, ...others)).toEqual([0, 2, 1, 0, 0, 0, 0]);
    await acceptConsult(world.as(wang), any.id);
    await askForMore(world.as(wang), named.id, '请补拍根尖片');
    expect(await waiting(li, wang, sun, ...others)).toEqual([1, 0, 0, 0, 0, 0, 0]);
    await cancelConsult(world.as(li), named.id);
    expect(await waiting(li, wang)).toEqual([0, 0]);
  });
});
