import type postgres from 'postgres';
import { newId } from '#lib/kernel/ids.ts';
import type { DocumentKey } from '../../../server/collab/persistence.ts';

/** A board with its patient, in an organisation of its own. */
export async function makeBoard(owner: postgres.Sql): Promise<DocumentKey> {
  const [organisationId, patientId, consultId, documentId] = [newId(), newId(), newId(), newId()];
  await owner`insert into organisation (id, name, name_en, kind) values (${organisationId}, '门诊', 'Clinic', 'clinic')`;
  const clinicId = newId();
  await owner`insert into clinic (id, organisation_id, name, name_en) values (${clinicId}, ${organisationId}, '门诊', 'Clinic')`;
  await owner`insert into patient (id, organisation_id, clinic_id, number, name, sex, birth_date, phone)
    values (${patientId}, ${organisationId}, ${clinicId}, '1', '甲', 'female', '1980-01-01', '13800000000')`;
  await owner`insert into board_document (id, organisation_id, consult_id, patient_id)
    values (${documentId}, ${organisationId}, ${consultId}, ${patientId})`;
  return { organisationId, consultId, documentId };
}
