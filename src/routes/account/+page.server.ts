import { readRules } from '#lib/features/identity/members.server.ts';
import { readWorkplace } from '#lib/features/identity/member.server.ts';
import { removePasskey } from '#lib/features/identity/passkeys.server.ts';
import { changePassword } from '#lib/features/identity/password.server.ts';
import {
  beginTotp,
  confirmTotp,
  confirmWithProof,
  pendingTotp,
  readSecondFactor,
  removeTotp,
  renewRecoveryCodes
} from '#lib/features/identity/second-factor.server.ts';
import { endOtherSessions, endSession, listSessions } from '#lib/features/identity/sessions.server.ts';
import { tryToEndPushOf } from '#lib/features/notifications/push.server.ts';
import { m } from '#lib/paraglide/messages.js';
import { accountCall, acted, idOf, loaded } from '../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = accountCall(event);
  const [workplace, rules, factor, sessions] = await loaded(
    Promise.all([readWorkplace(call), readRules(call), readSecondFactor(call), listSessions(call)])
  );
  const due = rules.secondFactorRoles.includes(call.actor.role) ? rules.secondFactorFrom : null;
  const hasFactor = factor.totp || factor.passkeys.length > 0;
  return {
    me: {
      userId: call.actor.userId,
      memberId: call.actor.memberId,
      name: call.actor.name,
      role: call.actor.role
    },
    organisation: { name: workplace.name, nameEn: workplace.nameEn },
    idleMinutes: workplace.idleMinutes,
    zone: workplace.timeZone,
    nowMs: call.clock.now().getTime(),
    required: event.locals.enrolling !== null,
    dueFrom: hasFactor ? null : due,
    factor,
    sessions
  };
};

const text = (form: FormData, name: string) => String(form.get(name) ?? '').slice(0, 256);

export const actions: Actions = {
  password: async (event) => {
    const form = await event.request.formData();
    const [current, next] = [text(form, 'current'), text(form, 'next')];
    return acted(
      async () => {
        await changePassword(accountCall(event), { current, next });
        return { done: 'password' as const };
      },
      { at: 'password' as const }
    );
  },
  confirm: async (event) => {
    const proof = text(await event.request.formData(), 'proof');
    return acted(
      async () => {
        await confirmWithProof(accountCall(event), proof);
        return { done: 'confirm' as const };
      },
      { at: 'confirm' as const }
    );
  },
  beginTotp: (event) =>
    acted(async () => ({ offer: await beginTotp(accountCall(event), m.app_name()) }), {
      at: 'factor' as const
    }),
  confirmTotp: async (event) => {
    const code = text(await event.request.formData(), 'code');
    const call = accountCall(event);
    // A mistyped code must not cost the secret that was scanned.
    return acted(async () => ({ codes: (await confirmTotp(call, code)).recoveryCodes }), {
      at: 'totp' as const,
      offer: await pendingTotp(call, m.app_name())
    });
  },
  removeTotp: (event) =>
    acted(
      async () => {
        await removeTotp(accountCall(event));
        return {};
      },
      { at: 'factor' as const }
    ),
  renewCodes: (event) =>
    acted(async () => ({ codes: await renewRecoveryCodes(accountCall(event)) }), { at: 'factor' as const }),
  removePasskey: async (event) => {
    const id = text(await event.request.formData(), 'id');
    return acted(
      async () => {
        await removePasskey(accountCall(event), idOf(id));
        return {};
      },
      { at: 'factor' as const }
    );
  },
  endSession: async (event) => {
    const id = text(await event.request.formData(), 'id');
    return acted(async () => {
      await endSession(accountCall(event), idOf(id));
      await tryToEndPushOf(accountCall(event), { id: idOf(id) });
      return {};
    });
  },
  endOthers: (event) =>
    acted(async () => {
      const call = accountCall(event);
      const { ended } = await endOtherSessions(call);
      await tryToEndPushOf(call, { not: call.actor.sessionId });
      return { ended };
    })
};
