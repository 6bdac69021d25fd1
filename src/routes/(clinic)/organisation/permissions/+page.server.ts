import * as v from 'valibot';
import { unitNames } from '#lib/features/identity/schema.ts';
import { permissionGroups, type Permission } from '#lib/features/record/permissions.ts';
import {
  addRole,
  changeRights,
  closeRole,
  readRoles,
  restoreRole,
  type RoleKey
} from '#lib/features/record/roles.server.ts';
import { memberRoles } from '#lib/kernel/actor.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = (event) => loaded(readRoles(staffCall(event)));

const base = v.picklist(memberRoles);
const newRole = v.object({ base, ...unitNames.entries });
const permission = v.picklist(Object.values(permissionGroups).flat() as [Permission, ...Permission[]]);
const rights = v.array(permission);

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '');

/** By its id, or a built-in one nobody changed yet by its name. */
function keyOf(form: FormData): RoleKey {
  const id = textOf(form, 'id');
  return id ? { id: idOf(id) } : { base: parsed(base, textOf(form, 'base')) };
}

export const actions: Actions = {
  rights: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      const listed = (name: string, allowed: boolean) =>
        parsed(rights, form.getAll(name)).map((one) => [one, allowed] as const);
      const wanted = Object.fromEntries([...listed('give', true), ...listed('take', false)]);
      await changeRights(staffCall(event), keyOf(form), wanted);
      return {};
    });
  },
  restore: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await restoreRole(staffCall(event), keyOf(form));
      return {};
    });
  },
  add: async (event) => {
    const typed = Object.fromEntries(await event.request.formData());
    return acted(async () => ({ added: await addRole(staffCall(event), parsed(newRole, typed)) }));
  },
  close: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await closeRole(staffCall(event), idOf(textOf(form, 'id')));
      return {};
    });
  }
};
