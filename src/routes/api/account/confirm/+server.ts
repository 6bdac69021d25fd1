import * as v from 'valibot';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import type { ConfirmWays } from '#lib/features/identity/confirm.ts';
import { beginPasskeyConfirm, confirmWithPasskey } from '#lib/features/identity/passkeys.server.ts';
import { confirmWithProof, readSecondFactor } from '#lib/features/identity/second-factor.server.ts';
import { stepCookie } from '../../../(auth)/cookies.server.ts';
import { accountApiCall, answered, jsonBody, parsed } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

const shown = v.union([
  v.object({ proof: v.pipe(v.string(), v.minLength(1), v.maxLength(256)) }),
  // Its parts are checked by the library that verifies it.
  v.object({
    response: v.custom<AuthenticationResponseJSON>(
      (value) => typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
    )
  })
]);

/** What somebody can show besides the password. */
export const GET: RequestHandler = ({ locals }) =>
  answered(async (): Promise<ConfirmWays> => {
    const { totp, passkeys } = await readSecondFactor(accountApiCall(locals));
    return { code: totp, passkey: passkeys.length > 0 };
  });

export const POST: RequestHandler = ({ locals, cookies }) =>
  answered(async () => {
    const { options, step } = await beginPasskeyConfirm(accountApiCall(locals));
    stepCookie(locals.services, cookies, 'passkey').write(step);
    return options;
  });

export const PUT: RequestHandler = ({ locals, cookies, request }) =>
  answered(async () => {
    const call = accountApiCall(locals);
    const input = parsed(shown, await jsonBody(request));
    if ('proof' in input) {
      await confirmWithProof(call, input.proof);
      return { ok: true };
    }
    const cookie = stepCookie(locals.services, cookies, 'passkey');
    await confirmWithPasskey(call, { step: cookie.read(), response: input.response });
    cookie.drop();
    return { ok: true };
  });
