import { recordAgreement } from '#lib/features/treatment/progress.server.ts';
import { agreementInput } from '#lib/features/treatment/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** `{by: 'patient' | 'delegate'}`, or `{by: null}` to take it back. */
export const PUT: RequestHandler = ({ params, request, locals }) =>
  answered(async () => {
    const body = (await jsonBody(request)) as object;
    return recordAgreement(
      staffApiCall(locals),
      parsed(agreementInput, { ...body, planId: idOf(params.id) })
    );
  });
