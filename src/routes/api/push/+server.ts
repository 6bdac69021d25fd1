import { endPush, pushState, startPush } from '#lib/features/notifications/push.server.ts';
import { pushDeviceInput, pushEndInput, pushInput } from '#lib/features/notifications/push-input.ts';
import { accountApiCall, answered, jsonBody, parsed } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Where it stands for this browser, which says by what address it would be called, if by any. */
export const PUT: RequestHandler = ({ locals, request }) =>
  answered(async () => pushState(accountApiCall(locals), parsed(pushDeviceInput, await jsonBody(request))));

/** This device is to be called. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => startPush(accountApiCall(locals), parsed(pushInput, await jsonBody(request))));

/** It, or all others, no more. */
export const DELETE: RequestHandler = ({ locals, request }) =>
  answered(async () => endPush(accountApiCall(locals), parsed(pushEndInput, await jsonBody(request))));
