import { mayReadReaders } from '#lib/features/audit/policy.server.ts';
import { listForPatient } from '#lib/features/appointments/list.server.ts';
import { mayBookAppointments } from '#lib/features/appointments/policy.server.ts';
import { listExperts, readDraft } from '#lib/features/consults/ask.server.ts';
import { mayAsk } from '#lib/features/consults/policy.server.ts';
import { listConsults } from '#lib/features/consults/read.server.ts';
import { imageRights } from '#lib/features/imaging/policy.server.ts';
import { listImages } from '#lib/features/imaging/read.server.ts';
import { readChart } from '#lib/features/odontogram/record-finding.server.ts';
import { mayWriteRecord, readPatient } from '#lib/features/patients/patients.server.ts';
import { timelineOf } from '#lib/features/record/timeline.ts';
import { rightsOf } from '#lib/features/rights/policy.server.ts';
import { readPlans } from '#lib/features/treatment/plans.server.ts';
import { planRights } from '#lib/features/treatment/policy.server.ts';
import { idOf, loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:patient');
  const call = staffCall(event);
  const patientId = idOf(event.params.id);
  const { patient, health, notes } = await loaded(readPatient(call, patientId));
  const mayWithdrawImages = imageRights(call.actor, patient.organisationId).withdraw;
  const asks = mayAsk(call.actor) && patient.own;
  const [chart, images, withdrawnImages, plans, appointments, consults, experts, draft] = await loaded(
    Promise.all([
      readChart(call, patientId),
      listImages(call, patientId),
      mayWithdrawImages ? listImages(call, patientId, { withdrawn: true }) : [],
      readPlans(call, patientId),
      patient.own ? listForPatient(call, patientId) : null,
      listConsults(call, { patientId }),
      asks ? listExperts(call) : [],
      asks ? readDraft(call, patientId) : null
    ])
  );
  return {
    patient,
    health,
    notes,
    chart,
    images,
    withdrawnImages,
    mayWithdrawImages,
    plans,
    appointments,
    consults,
    experts,
    draft,
    mayAsk: asks,
    mayWrite: patient.own && mayWriteRecord(call.actor),
    mayBook: patient.own && mayBookAppointments(call.actor, patient.clinicId),
    mayReadReaders: mayReadReaders(call.actor, { id: patientId, organisationId: patient.organisationId }),
    mayRights: rightsOf(call.actor, patient.organisationId).read,
    mayPlan: planRights(call.actor, patient.organisationId),
    maxUploadBytes: call.settings.maxUploadBytes,
    timeline: timelineOf({ notes, chart, images, plans, appointments, consults })
  };
};
