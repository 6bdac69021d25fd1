import * as v from 'valibot';
import { shareImage } from '#lib/features/consults/share.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const shareInput = v.object({ imageId: v.string() });

/** Open one more image to this consult; answers with what the board needs to lay it down. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    shareImage(
      staffApiCall(locals),
      idOf(params.id),
      idOf(parsed(shareInput, await jsonBody(request)).imageId)
    )
  );
