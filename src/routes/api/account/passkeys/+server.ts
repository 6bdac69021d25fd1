import * as v from 'valibot';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { addPasskey, beginPasskey } from '#lib/features/identity/passkeys.server.ts';
import { passkeyName } from '#lib/features/identity/schema.ts';
import { m } from '#lib/paraglide/messages.js';
import { stepCookie } from '../../../(auth)/cookies.server.ts';
import { accountApiCall, answered, jsonBody, parsed } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Its parts are checked by the library that verifies it. */
const made = v.object({
  name: passkeyName,
  response: v.custom<RegistrationResponseJSON>(
    (value) => typeof value === 'object' && value !== null && 'response' in value
  )
});

export const POST: RequestHandler = ({ locals, cookies }) =>
  answered(async () => {
    const { options, step } = await beginPasskey(accountApiCall(locals), m.app_name());
    stepCookie(locals.services, cookies, 'passkey-new').write(step);
    return options;
  });

export const PUT: RequestHandler = ({ locals, cookies, request }) =>
  answered(async () => {
    const cookie = stepCookie(locals.services, cookies, 'passkey-new');
    const input = parsed(made, await jsonBody(request));
    const result = await addPasskey(accountApiCall(locals), { ...input, step: cookie.read() });
    cookie.drop();
    return result;
  });
