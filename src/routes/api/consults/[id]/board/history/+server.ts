import * as v from 'valibot';
import { readHistory } from '#lib/features/consults/board-history.server.ts';
import { answered, idOf, parsed, staffApiCall } from '../../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const range = v.object({
  board: v.pipe(v.string(), v.uuid()),
  after: v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))
});

/** `?board=ID&after=N`: a page of how the board came to be; updates as Base64. */
export const GET: RequestHandler = ({ params, locals, url }) =>
  answered(async () => {
    idOf(params.id);
    const { board, after } = parsed(range, {
      board: url.searchParams.get('board'),
      after: url.searchParams.get('after') ?? '0'
    });
    const { updates, ...page } = await readHistory(staffApiCall(locals), board, { after });
    return {
      ...page,
      updates: updates.map(({ bytes, ...row }) => ({ ...row, bytes: Buffer.from(bytes).toString('base64') }))
    };
  });
