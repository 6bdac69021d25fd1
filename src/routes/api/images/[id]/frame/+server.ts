import { readFrame } from '#lib/features/imaging/read.server.ts';
import { frameNumber } from '#lib/features/imaging/schema.ts';
import { answered, parsed } from '../../../../edge.server.ts';
import { sendFile } from '../../send.server.ts';
import type { RequestHandler } from './$types';

/** `?number=`: which frame of several, from 1; the first where it is left out. */
export const GET: RequestHandler = ({ locals, params, url }) =>
  answered(() => {
    const number = parsed(frameNumber, url.searchParams.get('number') ?? '1');
    return sendFile(locals, params.id, (call, imageId) => readFrame(call, imageId, number));
  });
