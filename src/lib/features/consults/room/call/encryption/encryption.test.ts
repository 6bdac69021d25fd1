import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallEncryption } from '../../../encryption.ts';
import { Encryption } from './encryption.svelte.ts';

const at = (epoch: number, more: Partial<CallEncryption> = {}): CallEncryption => ({
  ...{ on: true, why: 'visit', name: null, epoch, key: `key ${epoch}` },
  ...more
});

/** A call, its open room and the app it asks. */
function open() {
  const room = { encrypts: true, isCipherLost: false, renewKey: vi.fn() };
  const app = vi.fn<() => Promise<CallEncryption>>();
  const rebuild = vi.fn();
  const scene = { session: room as typeof room | null };
  const encryption = new Encryption({ current: app, session: () => scene.session, rebuild });
  // Under Node no browser is found that could.
  encryption.can = true;
  encryption.start();
  return { encryption, room, app, rebuild, scene };
}
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('[CALL-75] what is heard while a room is being built is asked about when it is open', async () => {
  const { encryption, room, app, scene } = open();
  encryption.take(at(1));
  app.mockResolvedValue(at(2));
  scene.session = null;
  encryption.heard(at(2));
  await later(0);
  expect(app).not.toHaveBeenCalled();
  scene.session = room;
  // Its ticket was written before.
  encryption.take(at(1));
  await later(0);
  expect(room.renewKey).toHaveBeenLastCalledWith({ key: 'key 2', epoch: 2 });
});

test('[CALL-75] what is heard while the app is being asked is asked about after that', async () => {
  const { encryption, room, app } = open();
  encryption.take(at(1));
  let answer: (told: CallEncryption) => void = () => undefined;
  app.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  app.mockResolvedValue(at(3));
  encryption.heard(at(2));
  encryption.heard(at(3));
  answer(at(2));
  await later(0);
  expect(app).toHaveBeenCalledTimes(2);
  expect(room.renewKey).toHaveBeenLastCalledWith({ key: 'key 3', epoch: 3 });
  // Heard and asked about: no further question.
  await later(5_000);
  expect(app).toHaveBeenCalledTimes(2);
});

test('[CALL-75] an older key never takes the place of a newer one', () => {
  const { encryption, room } = open();
  encryption.take(at(3));
  encryption.take(at(2));
  expect(encryption.told).toEqual(at(3));
  expect(room.renewKey).toHaveBeenLastCalledWith({ key: 'key 3', epoch: 3 });
});

test('[CALL-75] who gets no answer asks again, for as long as the call lasts', async () => {
  const { encryption, room, app } = open();
  encryption.take(at(1));
  app.mockRejectedValue(new Error('503'));
  encryption.unread();
  await later(8_000);
  expect(app.mock.calls.length).toBeGreaterThanOrEqual(3);
  // Meanwhile it is said, though the media client tells of what it cannot read no more.
  expect(encryption.waiting).toBe(true);
  app.mockResolvedValue(at(2));
  await later(10_000);
  expect(room.renewKey).toHaveBeenLastCalledWith({ key: 'key 2', epoch: 2 });
  app.mockRejectedValue(new Error('503'));
  await encryption.look();
  encryption.stop();
  const asked = app.mock.calls.length;
  await later(60_000);
  expect(app).toHaveBeenCalledTimes(asked);
});

test('[CALL-75] a question that hangs on a dead line is put anew', async () => {
  const { encryption, room, app } = open();
  encryption.take(at(1));
  app.mockReturnValueOnce(new Promise(() => undefined));
  app.mockResolvedValue(at(2));
  encryption.heard(at(2));
  await later(12_000);
  expect(room.renewKey).toHaveBeenLastCalledWith({ key: 'key 2', epoch: 2 });
});

test('[CALL-75] an answer that comes late is taken, unless a newer one came before it', async () => {
  const { encryption, app } = open();
  encryption.take(at(1));
  const answers: ((told: CallEncryption) => void)[] = [];
  app.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
  encryption.heard(at(2));
  await later(9_000);
  expect(answers.length).toBeGreaterThan(1);
  answers[0]!(at(2));
  await later(0);
  expect(encryption.told?.epoch).toBe(2);
  answers[1]!(at(1));
  await later(0);
  expect(encryption.told?.epoch).toBe(2);
});

test('[CALL-76] what encrypts is replaced as often as it had worked; where none does, the call goes on without', () => {
  const { encryption, room, rebuild } = open();
  encryption.take(at(1));
  const lose = () => {
    room.isCipherLost = true;
    encryption.lost();
    room.isCipherLost = false;
  };
  for (let i = 1; i <= 5; i++) {
    lose();
    expect(rebuild).toHaveBeenCalledTimes(i);
    expect(encryption.can).toBe(true);
    encryption.steady();
  }
  lose();
  lose();
  expect(encryption.can).toBe(true);
  lose();
  expect(encryption.can).toBe(false);
  expect(rebuild).toHaveBeenCalledTimes(8);
});
