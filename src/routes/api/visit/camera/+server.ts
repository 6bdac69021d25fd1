import { answerCamera } from '#lib/features/consults/camera-answer.server.ts';
import { cameraAnswerInput } from '#lib/features/consults/schema.ts';
import { answered, jsonBody, parsed, visitorCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** The patient's answer to who asked to set their camera. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const call = visitorCall(locals);
    return answerCamera(call, parsed(cameraAnswerInput, await jsonBody(request)));
  });
