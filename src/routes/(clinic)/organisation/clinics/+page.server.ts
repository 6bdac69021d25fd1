import * as v from 'valibot';
import { unitKinds, unitNames } from '#lib/features/identity/schema.ts';
import {
  addClinic,
  addDepartment,
  closeUnit,
  readTree,
  renameUnit,
  reopenUnit
} from '#lib/features/record/tree.server.ts';
import { acted, idOf, loaded, parsed, staffCall } from '../../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({ clinics: await loaded(readTree(staffCall(event))) });

const unitKind = v.picklist(unitKinds);
const textOf = (form: FormData, name: string) => String(form.get(name) ?? '');
const unitOf = (form: FormData) => ({
  kind: parsed(unitKind, textOf(form, 'kind')),
  id: idOf(textOf(form, 'id'))
});
const namesOf = (form: FormData) =>
  parsed(unitNames, { name: textOf(form, 'name'), nameEn: textOf(form, 'nameEn') });

export const actions: Actions = {
  add: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      const call = staffCall(event);
      const clinicId = textOf(form, 'clinicId');
      await (clinicId ? addDepartment(call, idOf(clinicId), namesOf(form)) : addClinic(call, namesOf(form)));
      return {};
    });
  },
  rename: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await renameUnit(staffCall(event), unitOf(form), namesOf(form));
      return {};
    });
  },
  close: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await closeUnit(staffCall(event), unitOf(form));
      return {};
    });
  },
  reopen: async (event) => {
    const form = await event.request.formData();
    return acted(async () => {
      await reopenUnit(staffCall(event), unitOf(form));
      return {};
    });
  }
};
