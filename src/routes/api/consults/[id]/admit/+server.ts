import * as v from 'valibot';
import { admitPatient } from '#lib/features/consults/room.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

const admitInput = v.object({ identity: v.pipe(v.string(), v.regex(/^p:[0-9a-f-]{36}$/)) });

export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    admitPatient(staffApiCall(locals), idOf(params.id), parsed(admitInput, await jsonBody(request)).identity)
  );
