import { expect, test } from 'vitest';
import { raisedHands, type ParticipantView } from './call.ts';
import { gridColumns, keyOf, pinnedFirst, stageOf, type CallLayout } from './layout.ts';

const person = (identity: string, more: Partial<ParticipantView> = {}): ParticipantView => ({
  ...{ identity, name: identity, role: 'member', isSelf: false, micOn: true, cameraOn: true },
  ...{ speaking: false, quality: 'good', joinedAt: 0, camera: null, screen: null },
  ...more
});
const source = { id: 's', attach: () => () => {} };
const [a, b, me] = [person('a'), person('b'), person('me', { isSelf: true })];
const sharing = person('b', { screen: source });
const seen = (
  people: ParticipantView[],
  view: Partial<Parameters<typeof stageOf>[1]> & { layout: CallLayout }
) => {
  const { layout, large, rest } = stageOf(people, {
    ...{ pinned: null, lastSpeaker: null, putAway: null },
    ...view
  });
  return [layout, large && keyOf(large), rest.map(keyOf).join()];
};

test('[CALL-30] the large one: who is pinned, who was heard last, who came first; oneself only when alone', () => {
  expect(seen([a, b, me], { layout: 'board' })).toEqual([null, null, '']);
  expect(seen([a, b, me], { layout: 'speaker' })).toEqual(['speaker', 'a', 'b,me']);
  expect(seen([a, b, me], { layout: 'speaker', lastSpeaker: 'b' })).toEqual(['speaker', 'b', 'a,me']);
  expect(seen([a, b, me], { layout: 'focus', lastSpeaker: 'b', pinned: 'a' })).toEqual(['focus', 'a', '']);
  expect(seen([a, b, me], { layout: 'grid', pinned: 'a' })).toEqual(['grid', null, 'a,b,me']);
  expect(seen([me], { layout: 'speaker' })).toEqual(['speaker', 'me', '']);
  // Whoever is pinned and gone is nobody.
  expect(seen([b, me], { layout: 'focus', pinned: 'a' })).toEqual(['focus', 'b', '']);
  expect(pinnedFirst([a, b, me], 'b').map(({ identity }) => identity)).toEqual(['b', 'a', 'me']);
});

test('[CALL-30] a shared screen opens large in each layout until it is put away; one’s own never', () => {
  expect(seen([a, sharing, me], { layout: 'board' })).toEqual(['focus', 'b/screen', '']);
  expect(seen([a, sharing, me], { layout: 'grid' })).toEqual(['speaker', 'b/screen', 'a,b,me']);
  expect(seen([a, sharing, me], { layout: 'focus', pinned: 'a' })).toEqual(['focus', 'b/screen', '']);
  expect(seen([a, sharing, me], { layout: 'board', putAway: 'b' })).toEqual([null, null, '']);
  expect(seen([a, person('me', { isSelf: true, screen: source })], { layout: 'board' })).toEqual([
    null,
    null,
    ''
  ]);
});

test('[CALL-52] an intraoral camera is a tile of its own after the face, large only where it is pinned itself', () => {
  const showing = person('b', { intraoral: source });
  expect(seen([a, showing, me], { layout: 'grid' })).toEqual(['grid', null, 'a,b,b/intraoral,me']);
  expect(seen([a, showing, me], { layout: 'speaker', lastSpeaker: 'b' })).toEqual([
    'speaker',
    'b',
    'a,b/intraoral,me'
  ]);
  expect(seen([a, showing, me], { layout: 'focus', pinned: 'b' })).toEqual(['focus', 'b', '']);
  expect(seen([a, showing, me], { layout: 'speaker', pinned: 'b/intraoral' })).toEqual([
    'speaker',
    'b/intraoral',
    'a,b,me'
  ]);
  // Taken away while it was pinned.
  expect(seen([a, b, me], { layout: 'focus', pinned: 'b/intraoral' })).toEqual(['focus', 'a', '']);
  expect(pinnedFirst([a, showing, me], 'b/intraoral')[0]).toBe(showing);
});

test('[CALL-30] in a grid pictures are as large as may be: two stand over each other where it is not wide enough', () => {
  const [workstation, wide, phone] = [1000 / 717, 2.4, 390 / 700];
  expect([1, 2, 3, 4, 6, 9, 12].map((count) => gridColumns(count, workstation))).toEqual([
    1, 1, 2, 2, 2, 3, 3
  ]);
  expect([1, 2, 4].map((count) => gridColumns(count, wide))).toEqual([1, 2, 2]);
  expect([1, 2, 4].map((count) => gridColumns(count, phone))).toEqual([1, 1, 1]);
});

test('[CN-44] hands stand in the order in which they were raised', () => {
  const people = [
    person('a', { handAt: 20 }),
    person('b'),
    person('c', { handAt: 10 }),
    person('d', { handAt: 20 })
  ];
  expect(raisedHands(people).map(({ identity }) => identity)).toEqual(['c', 'a', 'd']);
});
