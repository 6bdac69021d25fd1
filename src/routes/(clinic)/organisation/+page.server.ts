import * as v from 'valibot';
import { specialties } from '#lib/features/consults/consult.ts';
import { credentialInput } from '#lib/features/identity/credential-input.ts';
import {
  listCredentials,
  verifyCredential,
  withdrawCredential
} from '#lib/features/identity/credentials.server.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({
  practitioners: await loaded(listCredentials(staffCall(event)))
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
  withdraw: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await withdrawCredential(staffCall(event), idOf(String(form.get('id') ?? '')));
      return {};
    });
  }
};
