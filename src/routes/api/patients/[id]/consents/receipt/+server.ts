import { printReceipts } from '#lib/features/consent/receipt.server.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import { answered, idOf, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** The patient's consent receipts as a PDF, in the reader's language; what was asked stays in the language it was asked in. */
export const GET: RequestHandler = ({ params, locals }) =>
  answered(async () => {
    const { bytes, number } = await printReceipts(staffApiCall(locals), idOf(params.id), getLocale());
    return new Response(new Uint8Array(bytes), {
      headers: {
        'content-type': 'application/pdf',
        'content-disposition': `inline; filename="consent-${number}.pdf"`,
        'cache-control': 'private, no-store'
      }
    });
  });
