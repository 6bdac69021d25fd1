import { recordOnServer } from '#lib/features/consults/egress.server.ts';
import { keepPiece, startRecording, steerRecording } from '#lib/features/consults/record.server.ts';
import { deleteInput, pieceInput, recordingAct, startInput } from '#lib/features/consults/recording.ts';
import { deleteRecording } from '#lib/features/consults/recording-delete.server.ts';
import { playRecording, readRecording } from '#lib/features/consults/recording-play.server.ts';
import {
  answered,
  bodyOf,
  download,
  idOf,
  jsonBody,
  parsed,
  rawBody,
  staffApiCall
} from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Begin to record: in the browser that asks, or by the media server. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const [call, id] = [staffApiCall(locals), idOf(params.id)];
    const input = parsed(startInput, await jsonBody(request));
    return input.maker === 'server' ? recordOnServer(call, id, input) : startRecording(call, id, input);
  });

/** One piece as the raw body, `?recording=ID&number=N&until=MS`. */
export const PUT: RequestHandler = ({ params, locals, request, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const source = rawBody(request);
    const input = parsed(pieceInput, Object.fromEntries(url.searchParams));
    return keepPiece(call, idOf(params.id), { ...input, source });
  });

/** Pause, go on, stop; still there, all handed over; play. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const [call, id] = [staffApiCall(locals), idOf(params.id)];
    const said = parsed(recordingAct, await jsonBody(request));
    return said.act === 'play' ? playRecording(call, id, said.recording) : steerRecording(call, id, said);
  });

/** One recording for good, with the reason. */
export const DELETE: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    deleteRecording(staffApiCall(locals), idOf(params.id), parsed(deleteInput, await jsonBody(request)))
  );

/** `?recording=ID&play=TOKEN`: bytes to be played, by Range. Without a token: the file, to be taken away. */
export const GET: RequestHandler = ({ params, locals, request, url }) =>
  answered(async () => {
    const token = url.searchParams.get('play');
    const answer = await readRecording(staffApiCall(locals), idOf(params.id), {
      recordingId: idOf(url.searchParams.get('recording') ?? undefined),
      token,
      range: request.headers.get('range')
    });
    if (token === null) return download(answer);
    const { type, size, range, bytes } = answer;
    const headers = {
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
      'content-type': type,
      'x-content-type-options': 'nosniff'
    };
    if (range === 'unsatisfiable')
      return new Response(null, { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` } });
    if (range === null)
      return new Response(bodyOf(bytes), { headers: { ...headers, 'content-length': String(size) } });
    return new Response(bodyOf(bytes), {
      status: 206,
      headers: {
        ...headers,
        'content-length': String(range.to - range.from + 1),
        'content-range': `bytes ${range.from}-${range.to}/${size}`
      }
    });
  });
