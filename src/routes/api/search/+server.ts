import { listConsults } from '#lib/features/consults/read.server.ts';
import { listPatients } from '#lib/features/patients/patients.server.ts';
import { answered, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** For the command palette: patients and consults whose name or number matches `q`. */
export const GET: RequestHandler = ({ url, locals }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const query = url.searchParams.get('q')?.trim() ?? '';
    const [patients, consults] = await Promise.all([listPatients(call, query), listConsults(call)]);
    const matching = consults.filter(
      (consult) =>
        consult.number.includes(query.toUpperCase()) || (query && consult.patient?.name.includes(query))
    );
    return {
      patients: patients
        .slice(0, 8)
        .map(({ id, name, number, sex, birthDate }) => ({ id, name, number, sex, birthDate })),
      consults: matching.slice(0, 5).map((consult) => ({
        id: consult.id,
        title: `${consult.number} ${consult.patient?.name ?? ''}`.trim()
      }))
    };
  });
