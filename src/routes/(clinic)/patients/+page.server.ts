import { listPatients, mayAddPatient } from '#lib/features/patients/patients.server.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  const query = event.url.searchParams.get('q') ?? '';
  return {
    query,
    patients: await loaded(listPatients(call, query)),
    mayAdd: mayAddPatient(call.actor)
  };
};
