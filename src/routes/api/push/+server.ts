import { renewPush } from '#lib/features/notifications/push-renew.server.ts';
import { endPush, pushState, startPush } from '#lib/features/notifications/push.server.ts';
import {
  pushDeviceInput,
  pushEndInput,
  pushInput,
  pushRenewInput
} from '#lib/features/notifications/push-input.ts';
import { accountApiCall, answered, jsonBody, parsed } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Where it stands for this browser, which says by what address it would be called, if by any. */
export const PUT: RequestHandler = ({ locals, request }) =>
  answered(async () => pushState(accountApiCall(locals), parsed(pushDeviceInput, await jsonBody(request))));

/** This device is to be called. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => startPush(accountApiCall(locals), parsed(pushInput, await jsonBody(request))));

/** This device is called by another address from now on: its browser has changed it by itself. */
export const PATCH: RequestHandler = ({ locals, request }) =>
  answered(async () => {
    const { services, member, enrolling } = locals;
    const call = { ...services, actor: member ?? enrolling, request: locals.request };
    return renewPush(call, parsed(pushRenewInput, await jsonBody(request)));
  });

/** It, or all others, no more. */
export const DELETE: RequestHandler = ({ locals, request }) =>
  answered(async () => endPush(accountApiCall(locals), parsed(pushEndInput, await jsonBody(request))));
