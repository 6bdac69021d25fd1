import { exportBoard, exportBoardPdf } from '#lib/features/consults/board-export.server.ts';
import { boardExport, boardPages } from '#lib/features/consults/schema.ts';
import { fail } from '#lib/kernel/errors.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const maxBytes = 24 * 1024 * 1024;

/** Body: what is exported, answered with whose it is; or a form with the pages of a PDF, answered with the PDF. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const consultId = idOf(params.id);
    if (!request.headers.get('content-type')?.startsWith('multipart/form-data'))
      return exportBoard(call, consultId, parsed(boardExport, await jsonBody(request)));
    if (Number(request.headers.get('content-length') ?? Infinity) > maxBytes)
      throw fail('file_too_large', { maxMb: 24 });
    const form = await request.formData();
    const { locale, images, titles, pages } = parsed(boardPages, {
      locale: form.get('locale'),
      images: form.getAll('image'),
      titles: form.getAll('title'),
      pages: form.getAll('page')
    });
    const bytes = await exportBoardPdf(call, consultId, {
      locale,
      images,
      pages: await Promise.all(
        pages.map(async (file, i) => ({
          title: titles[i] ?? '',
          png: new Uint8Array(await file.arrayBuffer())
        }))
      )
    });
    return new Response(new Uint8Array(bytes), {
      headers: { 'content-type': 'application/pdf', 'cache-control': 'private, no-store' }
    });
  });
