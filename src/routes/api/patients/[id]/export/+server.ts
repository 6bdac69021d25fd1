import { exportRecord } from '#lib/features/rights/export.server.ts';
import { exportInput } from '#lib/features/rights/schema.ts';
import { answered, bodyOf, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** The whole record as a zip. A POST: it carries the password and leaves an event. */
export const POST: RequestHandler = ({ locals, params, request }) =>
  answered(async () => {
    const { password } = parsed(exportInput, await jsonBody(request));
    const archive = await exportRecord(staffApiCall(locals), { patientId: idOf(params.id), password });
    return new Response(bodyOf(archive.bytes), {
      headers: {
        'content-type': 'application/zip',
        'content-length': String(archive.size),
        'content-disposition': `attachment; filename="${archive.fileName}"`,
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff'
      }
    });
  });
