import * as v from 'valibot';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { beginPasskeySignIn, signInWithPasskey } from '#lib/features/identity/passkeys.server.ts';
import { answered, jsonBody, parsed } from '../../../edge.server.ts';
import { setAll, stepCookie } from '../../cookies.server.ts';
import { doorOf } from '../../door.server.ts';
import type { RequestHandler } from './$types';

const wish = v.object({ second: v.boolean() });
/** Its parts are checked by the library that verifies it. */
const shown = v.object({ response: v.custom<AuthenticationResponseJSON>(isCredential) });

function isCredential(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { id?: unknown }).id === 'string';
}

export const POST: RequestHandler = (event) =>
  answered(async () => {
    const { locals, cookies, request } = event;
    const { second } = parsed(wish, await jsonBody(request));
    const begun = second ? stepCookie(locals.services, cookies, 'second-factor').read() : null;
    const door = { ...doorOf(event), settings: locals.services.settings };
    const { options, step } = await beginPasskeySignIn(door, begun);
    stepCookie(locals.services, cookies, 'passkey').write(step);
    return options;
  });

export const PUT: RequestHandler = (event) =>
  answered(async () => {
    const { locals, cookies, request } = event;
    const { response } = parsed(shown, await jsonBody(request));
    const cookie = stepCookie(locals.services, cookies, 'passkey');
    const door = { ...doorOf(event), settings: locals.services.settings };
    const result = await signInWithPasskey(door, { step: cookie.read(), response });
    cookie.drop();
    if (result.state === 'signed-in') setAll(cookies, result.setCookies);
    return { ok: true };
  });
