import { describe, expect, it } from 'vitest';
import { diffPresence, Presence } from './presence.ts';

const a1 = { room: 'r1', identity: 'm:a', session: 's1' };
const a2 = { room: 'r1', identity: 'm:a', session: 's2' };
const b1 = { room: 'r1', identity: 'm:b', session: 's3' };
const joined = (seat: { room: string; identity: string }) => ({ ...pick(seat), kind: 'joined' });
const left = (seat: { room: string; identity: string }) => ({ ...pick(seat), kind: 'left' });
const pick = ({ room, identity }: { room: string; identity: string }) => ({ room, identity });

describe('diffPresence', () => {
  it('[SFU-6] tells who is new and who is gone, and nothing of who stayed', () => {
    expect(diffPresence([a1, b1], [b1])).toEqual([left(a1)]);
    expect(diffPresence([b1], [a1, b1])).toEqual([joined(a1)]);
    expect(diffPresence([a1], [a1])).toEqual([]);
  });

  it('[SFU-6] keeps the same person in two rooms apart', () => {
    const elsewhere = { ...a1, room: 'r2' };
    expect(diffPresence([a1], [elsewhere])).toEqual([left(a1), joined(elsewhere)]);
  });
});

describe('Presence', () => {
  it('[SFU-6] tells a doubled webhook once', () => {
    const presence = new Presence();
    expect(presence.joined(a1)).toEqual([joined(a1)]);
    expect(presence.joined(a1)).toEqual([]);
    expect(presence.left(a1)).toEqual([left(a1)]);
    expect(presence.left(a1)).toEqual([]);
  });

  it('[SFU-6] stays right when "left" overtakes "joined"', () => {
    const presence = new Presence();
    expect(presence.left(a1)).toEqual([]);
    expect(presence.joined(a1)).toEqual([]);
    expect(presence.recorded()).toEqual([]);
  });

  it('[SFU-6] keeps someone who came back before the end of the former stay was told', () => {
    const presence = new Presence();
    presence.joined(a1);
    expect(presence.joined(a2)).toEqual([]);
    expect(presence.left(a1)).toEqual([]);
    expect(presence.recorded()).toEqual([a2]);
    expect(presence.left(a2)).toEqual([left(a2)]);
  });

  it('[SFU-6] converges from a listing when webhooks are lost', () => {
    const presence = new Presence();
    presence.joined(a1);
    expect(presence.settle([b1], presence.begin())).toEqual([left(a1), joined(b1)]);
    expect(presence.settle([b1], presence.begin())).toEqual([]);
    expect(presence.left(b1)).toEqual([left(b1)]);
  });

  it('[SFU-6] does not let an old listing undo newer webhooks', () => {
    const presence = new Presence();
    presence.joined(b1);
    const since = presence.begin();
    presence.joined(a1);
    presence.left(b1);
    expect(presence.settle([b1], since)).toEqual([]);
    expect(presence.recorded()).toEqual([a1]);
  });

  it('[SFU-6] ends what a former run had recorded', () => {
    const presence = new Presence();
    presence.seed([a1, b1]);
    expect(presence.settle([b1], presence.begin())).toEqual([left(a1)]);
  });

  it('[SFU-6] empties a finished room', () => {
    const presence = new Presence();
    presence.joined(a1);
    expect(presence.finished('r1')).toEqual([
      left(a1),
      { room: 'r1', identity: null, kind: 'room_finished' }
    ]);
    expect(presence.joined(a1)).toEqual([]);
  });
});
