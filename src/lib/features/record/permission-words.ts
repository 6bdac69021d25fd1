import { m } from '#lib/paraglide/messages.js';
import type { Permission, PermissionGroup } from './permissions.ts';

const rights: Record<Permission, () => string> = {
  'patient:read': m.organisation_right_patient_read,
  'patient:add': m.organisation_right_patient_add,
  'patient:write': m.organisation_right_patient_write,
  'patient:readers': m.organisation_right_patient_readers,
  'patient:delegates': m.organisation_right_patient_delegates,
  'consent:read': m.organisation_right_consent_read,
  'consent:record': m.organisation_right_consent_record,
  'chart:read': m.organisation_right_chart_read,
  'chart:record': m.organisation_right_chart_record,
  'image:read': m.organisation_right_image_read,
  'image:upload': m.organisation_right_image_upload,
  'image:calibrate': m.organisation_right_image_calibrate,
  'image:download': m.organisation_right_image_download,
  'image:withdraw': m.organisation_right_image_withdraw,
  'plan:read': m.organisation_right_plan_read,
  'plan:create': m.organisation_right_plan_create,
  'plan:progress': m.organisation_right_plan_progress,
  'plan:agree': m.organisation_right_plan_agree,
  'appointment:read': m.organisation_right_appointment_read,
  'appointment:book': m.organisation_right_appointment_book,
  'consult:ask': m.organisation_right_consult_ask,
  'consult:read': m.organisation_right_consult_read,
  'consult:board': m.organisation_right_consult_board,
  'consult:comments': m.organisation_right_consult_comments,
  'consult:decide': m.organisation_right_consult_decide,
  'consult:waiting': m.organisation_right_consult_waiting,
  'consult:delete-recording': m.organisation_right_consult_delete_recording,
  'consult:grant': m.organisation_right_consult_grant,
  'consult:answer': m.organisation_right_consult_answer,
  'consult:sign': m.organisation_right_consult_sign,
  'consult:break-glass': m.organisation_right_consult_break_glass,
  'rights:read': m.organisation_right_rights_read,
  'rights:request': m.organisation_right_rights_request,
  'rights:decide': m.organisation_right_rights_decide,
  'rights:export': m.organisation_right_rights_export,
  'rights:hold': m.organisation_right_rights_hold,
  'rights:erase': m.organisation_right_rights_erase,
  'rights:approve': m.organisation_right_rights_approve,
  'organisation:credentials': m.organisation_right_organisation_credentials,
  'organisation:grants': m.organisation_right_organisation_grants,
  'organisation:reviews': m.organisation_right_organisation_reviews,
  'organisation:quality': m.organisation_right_organisation_quality,
  'organisation:members': m.organisation_right_organisation_members,
  'organisation:clinics': m.organisation_right_organisation_clinics,
  'organisation:audit': m.organisation_right_organisation_audit,
  'organisation:outbox': m.organisation_right_organisation_outbox,
  'organisation:permissions': m.organisation_right_organisation_permissions,
  'organisation:register': m.organisation_right_organisation_register
};

const groups: Record<PermissionGroup, () => string> = {
  patient: m.organisation_group_patient,
  consent: m.organisation_group_consent,
  chart: m.organisation_group_chart,
  image: m.organisation_group_image,
  plan: m.organisation_group_plan,
  appointment: m.organisation_group_appointment,
  consult: m.organisation_group_consult,
  rights: m.organisation_group_rights,
  organisation: m.organisation_group_organisation
};

export const rightName = (right: Permission): string => rights[right]();
export const rightGroupName = (group: PermissionGroup): string => groups[group]();
