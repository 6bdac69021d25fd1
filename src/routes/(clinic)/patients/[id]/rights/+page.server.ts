import { readPatient } from '#lib/features/patients/patients.server.ts';
import { listErasures } from '#lib/features/rights/erasure.server.ts';
import { readRights } from '#lib/features/rights/read.server.ts';
import { idOf, loaded, staffCall } from '../../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:rights');
  const call = staffCall(event);
  const patientId = idOf(event.params.id);
  const rights = await loaded(readRights(call, patientId));
  const erasures = rights.may.erase ? await loaded(listErasures(call, { patientId })) : [];
  return { ...(await loaded(readPatient(call, patientId))), rights, erasures };
};
