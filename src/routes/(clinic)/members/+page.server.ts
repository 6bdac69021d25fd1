import * as v from 'valibot';
import { specialties } from '#lib/features/consults/consult.ts';
import { invite, listInvitations, withdrawInvitation } from '#lib/features/identity/invitations.server.ts';
import {
  changeRole,
  changeRules,
  listMembers,
  readRules,
  revokeMember,
  unlockMember
} from '#lib/features/identity/members.server.ts';
import { placeMember } from '#lib/features/identity/placement.server.ts';
import { makeResetLink } from '#lib/features/identity/reset.server.ts';
import { invitationInput, placementInput, rulesInput } from '#lib/features/identity/schema.ts';
import { confirmWithProof } from '#lib/features/identity/second-factor.server.ts';
import { readRoles } from '#lib/features/record/roles.server.ts';
import { readTree } from '#lib/features/record/tree.server.ts';
import { memberRoles } from '#lib/kernel/actor.ts';
import { isId } from '#lib/kernel/ids.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  const [members, invitations, rules, clinics, { roles: own }] = await loaded(
    Promise.all([listMembers(call), listInvitations(call), readRules(call), readTree(call), readRoles(call)])
  );
  const ownRoles = own.filter((role) => !role.builtIn);
  return { members, invitations, rules, clinics, roles: memberRoles, ownRoles, specialties };
};

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '');
const roleInput = v.picklist(memberRoles);

export const actions: Actions = {
  invite: async (event) => {
    const form = await event.request.formData();
    const typed = {
      email: textOf(form, 'email'),
      name: textOf(form, 'name'),
      title: textOf(form, 'title'),
      role: textOf(form, 'role'),
      specialty: textOf(form, 'specialty'),
      clinicId: textOf(form, 'clinicId') || null
    };
    return acted(
      async () => {
        const input = parsed(invitationInput, typed);
        return { invited: { ...(await invite(staffCall(event), input)), email: input.email } };
      },
      { at: 'invite' as const }
    );
  },
  withdraw: async (event) => {
    const id = textOf(await event.request.formData(), 'id');
    return acted(async () => {
      await withdrawInvitation(staffCall(event), idOf(id));
      return {};
    });
  },
  role: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      const role = textOf(form, 'role');
      await changeRole(
        staffCall(event),
        idOf(textOf(form, 'id')),
        isId(role) ? { roleId: role } : parsed(roleInput, role)
      );
      return {};
    });
  },
  place: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      const input = parsed(placementInput, {
        clinicId: textOf(form, 'clinicId') || null,
        departmentId: textOf(form, 'departmentId') || null,
        reach: textOf(form, 'reach'),
        clinicIds: form.getAll('clinicIds').map(String)
      });
      await placeMember(staffCall(event), idOf(textOf(form, 'id')), input);
      return {};
    });
  },
  revoke: async (event) => {
    const id = textOf(await event.request.formData(), 'id');
    return acted(async () => {
      await revokeMember(staffCall(event), idOf(id));
      return {};
    });
  },
  unlock: async (event) => {
    const id = textOf(await event.request.formData(), 'id');
    return acted(async () => {
      await unlockMember(staffCall(event), idOf(id));
      return {};
    });
  },
  reset: async (event) => {
    const id = textOf(await event.request.formData(), 'id');
    return acted(async () => ({ reset: await makeResetLink(staffCall(event), idOf(id)) }));
  },
  confirm: async (event) => {
    const proof = textOf(await event.request.formData(), 'proof').slice(0, 256);
    return acted(
      async () => {
        await confirmWithProof(staffCall(event), proof);
        return { confirmed: true };
      },
      { at: 'confirm' as const }
    );
  },
  rules: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      const input = parsed(rulesInput, {
        idleMinutes: Number(textOf(form, 'idleMinutes')),
        secondFactorRoles: form.getAll('secondFactorRoles').map(String),
        graceDays: Number(textOf(form, 'graceDays'))
      });
      await changeRules(staffCall(event), input);
      return { rules: true };
    });
  }
};
