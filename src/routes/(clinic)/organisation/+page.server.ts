import * as v from 'valibot';
import { specialties } from '#lib/features/consults/consult.ts';
import { changeGrantDays, readGrantDays } from '#lib/features/consults/grants.server.ts';
import { grantDaysInput } from '#lib/features/consults/schema.ts';
import { credentialInput } from '#lib/features/identity/credential-input.ts';
import {
  listCredentials,
  verifyCredential,
  withdrawCredential
} from '#lib/features/identity/credentials.server.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  practitioners: await loaded(listCredentials(staffCall(event))),
  grantDays: await loaded(readGrantDays(staffCall(event)))
});

const input = v.intersect([credentialInput, v.object({ specialty: v.picklist(specialties) })]);

export const actions: Actions = {
  verify: async (event) => {
    const typed = Object.fromEntries(await event.request.formData());
    return acted(
      async () => {
        await verifyCredential(staffCall(event), parsed(input, typed));
        return { saved: true };
      },
      { memberId: String(typed['memberId'] ?? '') }
    );
  },
  grants: async (event) => {
    const days = Number((await event.request.formData()).get('days'));
    return acted(async () => {
      await changeGrantDays(staffCall(event), parsed(grantDaysInput, { days }).days);
      return {};
    });
  },
  withdraw: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await withdrawCredential(staffCall(event), idOf(String(form.get('id') ?? '')));
      return {};
    });
  }
};
