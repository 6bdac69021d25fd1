import { readOriginal } from '#lib/features/imaging/read.server.ts';
import { answered } from '../../../../edge.server.ts';
import { sendFile } from '../../send.server.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = ({ locals, params }) =>
  answered(() => sendFile(locals, params.id, readOriginal));
