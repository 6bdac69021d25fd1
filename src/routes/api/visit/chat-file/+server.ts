import { readChatFile } from '#lib/features/consults/chat.server.ts';
import { answered, download, idOf, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** `?message=<id>`: a file that was addressed to the patient's side. */
export const GET: RequestHandler = ({ locals, url }) =>
  answered(async () => {
    const call = visitorCall(locals);
    return download(
      await readChatFile(call, call.actor.consultId, idOf(url.searchParams.get('message') ?? undefined))
    );
  });
