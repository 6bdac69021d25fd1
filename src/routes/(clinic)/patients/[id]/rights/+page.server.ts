import { fail } from '#lib/kernel/errors.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import { rightsOf } from '#lib/features/rights/policy.server.ts';
import { idOf, loaded, staffCall } from '../../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:rights');
  const call = staffCall(event);
  const { patient, health } = await loaded(readPatient(call, idOf(event.params.id)));
  const may = rightsOf(call.actor, patient.organisationId);
  if (!may.read) await loaded(Promise.reject(fail('forbidden')));
  return { patient, health, may };
};
