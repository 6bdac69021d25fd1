import { addComment, deleteComment, editComment } from '#lib/features/consults/comments.server.ts';
import { commentEdit, commentInput } from '#lib/features/consults/schema.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    addComment(staffApiCall(locals), idOf(params.id), parsed(commentInput, await jsonBody(request)))
  );

export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    editComment(staffApiCall(locals), idOf(params.id), parsed(commentEdit, await jsonBody(request)))
  );

export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(() =>
    deleteComment(staffApiCall(locals), idOf(params.id), idOf(url.searchParams.get('comment') ?? undefined))
  );
