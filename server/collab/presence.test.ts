import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Awareness, applyAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { presencePace } from '#lib/features/board/people.ts';
import { keepPresent } from '#lib/features/board/present.ts';
import type { Access } from './access.ts';
import { type PresenceMember, Presences } from './presence.ts';
import { decode } from './protocol.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Somebody who is there, and what they see: `own` is their own client id. */
class Person implements PresenceMember {
  readonly access: Access;
  readonly own: number;
  readonly keepsPresences: boolean;
  readonly awareness = new Awareness(new Y.Doc());
  messages = 0;

  constructor(own: number, keepsPresences = false) {
    this.own = own;
    this.keepsPresences = keepsPresences;
    if (keepsPresences) keepPresent(this.awareness);
    this.access = {
      mode: 'write',
      organisationId: 'o',
      consultId: 'c',
      identity: `p${own}`,
      name: `p${own}`,
      role: 'member',
      userId: `u${own}`,
      inviteId: null
    };
  }

  sendPresences(frame: Uint8Array): void {
    this.messages++;
    const message = decode(frame);
    if (message.kind !== 'presence') throw new Error(message.kind);
    applyAwarenessUpdate(this.awareness, frame.subarray(frame.length - payloadOf(frame)), 'line');
  }

  presenceTooLarge(): void {}

  get sees(): number[] {
    return [...this.awareness.getStates().keys()].filter((id) => id !== this.awareness.clientID);
  }
}

/** Of a presence message: what stands behind its type and length. */
function payloadOf(frame: Uint8Array): number {
  const lengthBytes = frame.length < 130 ? 1 : frame.length < 16_386 ? 2 : 3;
  return frame.length - 1 - lengthBytes;
}

function room(people: readonly Person[]) {
  const members = new Set(people);
  const presences = new Presences({
    members,
    ...presencePace,
    presenceBytes: 1_000,
    presencesAConnection: 4,
    nowMs: () => performance.now(),
    relay: () => {}
  });
  let clock = 0;
  const move = (person: Person, x: number): void =>
    presences.receive(person, [{ clientId: person.own, clock: ++clock, json: JSON.stringify({ x }) }]);
  return { members, presences, move };
}

test('[CO-11] a dozen people see each other 20 times a second, thirty 5 times: what goes to all is bounded', () => {
  for (const [count, least, most] of [
    [3, 36, 42],
    [12, 36, 42],
    [30, 9, 12]
  ] as const) {
    const people = Array.from({ length: count }, (_, i) => new Person(i + 1, true));
    const { move } = room(people);
    for (let ms = 0; ms < 2_000; ms += 25) {
      for (const person of people) move(person, ms);
      vi.advanceTimersByTime(25);
    }
    for (const { messages, sees } of people) {
      expect(messages).toBeGreaterThanOrEqual(least);
      expect(messages).toBeLessThanOrEqual(most);
      expect(sees).toHaveLength(count - 1);
    }
  }
});

test('[CO-11] who keeps presences is sent no renewals and sees everyone on; who does not is sent them', () => {
  const [still, keeper, stock] = [new Person(1), new Person(2, true), new Person(3)];
  const { presences, members, move } = room([still, keeper, stock]);
  move(still, 1);
  vi.advanceTimersByTime(60);
  expect([keeper.messages, stock.messages]).toEqual([1, 1]);
  for (let s = 0; s < 120; s += 5) {
    vi.advanceTimersByTime(5_000);
    presences.renew();
  }
  expect(keeper.messages).toBe(1);
  expect(stock.messages).toBeGreaterThanOrEqual(5);
  expect([keeper.sees, stock.sees]).toEqual([[1], [1]]);
  move(still, 2);
  vi.advanceTimersByTime(60);
  expect(keeper.awareness.getStates().get(1)).toMatchObject({ x: 2 });
  members.delete(still);
  presences.leave(still);
  vi.advanceTimersByTime(60);
  expect([keeper.sees, stock.sees]).toEqual([[], []]);
});

test('[CO-11] who was told nothing for a while hears who has gone meanwhile', () => {
  const [gone, keeper] = [new Person(1), new Person(2, true)];
  const { presences, members, move } = room([gone, keeper]);
  move(gone, 1);
  vi.advanceTimersByTime(60);
  expect(keeper.sees).toEqual([1]);
  members.clear();
  presences.leave(gone);
  vi.advanceTimersByTime(60);
  keeper.sendPresences(presences.told()!);
  expect(keeper.sees).toEqual([]);
  expect(presences.all()).toBeNull();
});
