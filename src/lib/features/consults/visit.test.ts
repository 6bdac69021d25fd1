import { expect, test } from 'vitest';
import { calendarEntry, visitStage, type VisitFacts, type VisitStage } from './visit.ts';

const now = new Date('2026-11-22T06:00:00Z');
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const facts: VisitFacts = {
  status: 'accepted',
  slotAt: null,
  now,
  staffThere: false,
  asked: false,
  mayJoin: true,
  video: 'given',
  unanswered: false,
  seat: null
};
const seat = (state: 'waiting' | 'admitted' | 'in-room' | 'left', admittedById: string | null = null) => ({
  state,
  admittedById
});

test.each<[string, Partial<VisitFacts>, VisitStage]>([
  ['nobody has accepted', { status: 'requested' }, 'early'],
  ['more is asked', { status: 'more-asked' }, 'early'],
  ['31 minutes before', { slotAt: at(31) }, 'early'],
  ['30 minutes before', { slotAt: at(30) }, 'ready'],
  ['before, but staff are there', { slotAt: at(300), staffThere: true }, 'ready'],
  ['long after the slot', { slotAt: at(-300) }, 'ready'],
  ['not asked about video', { video: 'unasked' }, 'consent'],
  ['another question is new', { unanswered: true }, 'consent'],
  ['no video', { video: 'refused', unanswered: true }, 'no-video'],
  ['no video any more, though let in', { video: 'withdrawn', seat: seat('in-room', 'm') }, 'no-video'],
  ['ready', {}, 'ready'],
  ['waits', { seat: seat('waiting') }, 'waiting'],
  ['let in', { seat: seat('admitted', 'm') }, 'admitted'],
  ['left by mistake', { seat: seat('left', 'm') }, 'admitted'],
  ['left the queue', { seat: seat('left') }, 'ready'],
  ['asked for another time', { asked: true }, 'rebook'],
  ['asked, before anybody accepted', { asked: true, status: 'requested' }, 'rebook'],
  ['a delegate who may not join', { mayJoin: false }, 'times'],
  ['closed', { status: 'closed', asked: true, mayJoin: false }, 'over'],
  ['cancelled', { status: 'cancelled', asked: true }, 'cancelled'],
  ['declined', { status: 'declined' }, 'cancelled']
])('[CN-18] %s', (_, given, stage) => {
  expect(visitStage({ ...facts, ...given })).toBe(stage);
});

test('[CN-18] the calendar entry is of RFC 5545: folded lines, escaped text, UTC', () => {
  const entry = calendarEntry({
    uid: 'c1',
    startsAt: now,
    title: '视频看诊 · 清河镇口腔门诊,一分院',
    text: '打开门诊发给您的链接;用手机号后四位进入。'.repeat(4),
    now
  });
  for (const line of entry.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  const plain = entry.replaceAll('\r\n ', '');
  expect(plain).toContain('DTSTART:20261122T060000Z\r\nDTEND:20261122T063000Z');
  expect(plain).toContain('SUMMARY:视频看诊 · 清河镇口腔门诊\\,一分院');
  expect(plain).toContain('链接\\;用');
});
