import { expect, test } from 'vitest';
import type { Standing } from '#lib/features/identity/member.server.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { placeHeader } from '#lib/kernel/place.ts';
import { placeRefusal } from './place-refusal.server.ts';

const member = { memberId: 'here' } as MemberActor;
const several: Standing = { member, enrolling: null, choosing: null, places: 2 };
const single = { ...several, places: 1 };

function ask(
  method: string,
  headers: Record<string, string> = {},
  { standing = several, route = '/(clinic)/members' as string | null } = {}
) {
  const url = new URL('http://localhost/members?/invite');
  const request = new Request(url, { method, headers });
  return placeRefusal({ request, url, route: { id: route } } as Parameters<typeof placeRefusal>[0], standing);
}
const drawnFor = (memberId: string) => ({ [placeHeader]: memberId });

test('[ID-32] what was drawn for another place is refused, reading as well', async () => {
  for (const method of ['GET', 'POST', 'DELETE'])
    for (const standing of [several, single]) {
      expect(ask(method, drawnFor('here'), { standing })).toBeNull();
      const refused = ask(method, drawnFor('elsewhere'), { standing })!;
      expect([refused.status, refused.headers.get(placeHeader)]).toEqual([409, 'here']);
      expect(await refused.json()).toEqual({ code: 'place_changed' });
    }
});

test('[ID-32] of several places, what changes something must say where it was drawn', () => {
  expect(ask('POST')?.status).toBe(409);
  expect(ask('GET')).toBeNull();
  expect(ask('POST', {}, { standing: single })).toBeNull();
  // A form sent before its page woke up: the page comes anew, nothing was done.
  const anew = ask('POST', { 'sec-fetch-mode': 'navigate' })!;
  expect([anew.status, anew.headers.get('location')]).toEqual([303, '/members']);
});

test('[ID-32] a form of a page is answered in its own words', async () => {
  const refused = ask('POST', { ...drawnFor('elsewhere'), 'x-sveltekit-action': 'true' })!;
  expect(await refused.json()).toEqual({
    type: 'failure',
    status: 409,
    data: '[{"code":1},"place_changed"]'
  });
});

test('[ID-32] signing in, choosing and signing out are of no place, and neither is who is nobody', () => {
  for (const route of ['/(auth)/place', '/(auth)/sign-in', '/(patient)/v/[token]', '/sign-out'])
    expect(ask('POST', drawnFor('elsewhere'), { route })).toBeNull();
  const nobody = { member: null, enrolling: null, choosing: null, places: 0 };
  expect(ask('POST', drawnFor('elsewhere'), { standing: nobody })).toBeNull();
});
