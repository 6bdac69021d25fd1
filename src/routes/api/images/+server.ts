import { fail } from '#lib/kernel/errors.ts';
import { cleanFileName } from '#lib/features/imaging/schema.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { answered, idOf, rawBody, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/**
 * One file as the raw body, `?patient=<id>`, its name percent-encoded in X-File-Name. With
 * X-Confirm-Other-Patient: yes the person has confirmed whose it is.
 */
export const POST: RequestHandler = ({ locals, request, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const source = rawBody(request);
    const declared = Number(request.headers.get('content-length') ?? Number.NaN);
    return uploadImage(call, {
      patientId: idOf(url.searchParams.get('patient') ?? undefined),
      fileName: cleanFileName(nameIn(request.headers.get('x-file-name'))),
      source,
      declaredBytes: Number.isFinite(declared) ? declared : null,
      confirmOtherPatient: request.headers.get('x-confirm-other-patient') === 'yes'
    });
  });

function nameIn(header: string | null): string {
  try {
    return decodeURIComponent(header ?? '');
  } catch (cause) {
    throw fail('invalid_input', { field: 'x-file-name' }, cause);
  }
}
