import type { MemberActor } from '#lib/kernel/actor.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { listImages } from '#lib/features/imaging/read.server.ts';
import { readChart } from '#lib/features/odontogram/record-finding.server.ts';
import { readPatient } from '#lib/features/patients/patients.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { readPlans } from '#lib/features/treatment/plans.server.ts';

/**
 * A consult with as much of the record as its viewer may read. Each part is read by its own use case: what a
 * grant does not open comes back empty, whoever asks.
 */
export async function readCase(
  call: Services & { actor: MemberActor; request: App.Locals['request'] },
  consultId: string
) {
  const consult = await readConsult(call, consultId);
  const patientId = consult.may.readRecord ? consult.patient?.id : undefined;
  if (!patientId) return { consult, record: null };
  const [{ patient, health, notes }, chart, images, plans] = await Promise.all([
    readPatient(call, patientId),
    readChart(call, patientId),
    listImages(call, patientId),
    readPlans(call, patientId)
  ]);
  return { consult, record: { patient, health, notes, chart, images, plans } };
}
