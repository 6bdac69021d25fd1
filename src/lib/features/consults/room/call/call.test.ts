import { describe, expect, it } from 'vitest';
import {
  endOfCall,
  leadOf,
  nextSpeaker,
  orderTiles,
  retryPauseMs,
  roleFrom,
  socketUrl,
  type ParticipantView
} from './call.ts';

const person = (identity: string, more: Partial<ParticipantView> = {}): ParticipantView => ({
  identity,
  name: identity,
  role: 'member',
  isSelf: false,
  micOn: true,
  cameraOn: true,
  speaking: false,
  quality: 'good',
  joinedAt: 0,
  camera: null,
  screen: null,
  ...more
});
const screen = { id: 's', attach: () => () => undefined };

describe('tiles', () => {
  it('[CALL-7] come with shared screens first and self last', () => {
    const people = [
      person('self', { isSelf: true }),
      person('a', { joinedAt: 2 }),
      person('b', { joinedAt: 1 }),
      person('c', { screen })
    ];
    expect(orderTiles(people, 'a').map((p) => p.identity)).toEqual(['c', 'a', 'b', 'self']);
    expect(orderTiles(people, null).map((p) => p.identity)).toEqual(['c', 'b', 'a', 'self']);
  });

  it('[CALL-7] keep the speaker until another one speaks', () => {
    const quiet = [person('a'), person('b')];
    expect(nextSpeaker(quiet, null)).toBeNull();
    expect(nextSpeaker([person('a'), person('b', { speaking: true })], 'a')).toBe('b');
    expect(nextSpeaker([person('a', { speaking: true }), person('b', { speaking: true })], 'b')).toBe('b');
    expect(nextSpeaker(quiet, 'b')).toBe('b');
    expect(nextSpeaker([person('a')], 'b')).toBeNull();
    expect(nextSpeaker([person('self', { isSelf: true, speaking: true })], null)).toBeNull();
  });

  it('[CALL-7] show the patient a clinician, the one speaking if any', () => {
    const people = [
      person('p', { isSelf: true, role: 'patient' }),
      person('e', { role: 'expert' }),
      person('r', { role: 'requester' })
    ];
    expect(leadOf(people, null)?.identity).toBe('r');
    expect(leadOf(people, 'e')?.identity).toBe('e');
    expect(leadOf([person('p', { isSelf: true })], null)).toBeNull();
  });
});

describe('the end of a connection', () => {
  it.each([
    [1, 'self'],
    [2, 'elsewhere'],
    [4, 'removed'],
    [5, 'ended'],
    [10, 'ended']
  ])('[CALL-5] reason %i ends the call: %s', (reason, end) => expect(endOfCall(reason)).toBe(end));

  it.each([undefined, 0, 3, 6, 7, 9, 14])('[CALL-4] reason %s is no end: come back', (reason) =>
    expect(endOfCall(reason)).toBeNull()
  );

  it('[CALL-4] pauses grow to ten seconds and spread', () => {
    expect(retryPauseMs(0, 0.5)).toBe(500);
    expect(retryPauseMs(3, 0.5)).toBe(4_000);
    expect(retryPauseMs(20, 1)).toBe(12_000);
    expect(retryPauseMs(20, 0)).toBe(8_000);
  });
});

describe('small readings', () => {
  it('[CALL-1] takes a path for the own origin', () => {
    expect(socketUrl('/sfu', 'https://a.example')).toBe('wss://a.example/sfu');
    expect(socketUrl('wss://sfu.example', 'https://a.example')).toBe('wss://sfu.example');
  });

  it.each([undefined, '', '{', 'null', '{"role":"admin"}'])(
    '[CALL-7] takes metadata %j for a member',
    (metadata) => expect(roleFrom(metadata)).toBe('member')
  );
  it('[CALL-7] reads a role', () => expect(roleFrom('{"role":"expert"}')).toBe('expert'));
});
