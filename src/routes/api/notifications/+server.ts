import { listNotifications, markRead } from '#lib/features/notifications/list.server.ts';
import { markReadInput } from '#lib/features/notifications/schema.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import { answered, jsonBody, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = ({ locals }) =>
  answered(() => listNotifications(staffApiCall(locals), getLocale()));

/** `{read: [id, …]}` marks as read. */
export const POST: RequestHandler = ({ locals, request }) =>
  answered(async () => markRead(staffApiCall(locals), parsed(markReadInput, await jsonBody(request)).read));
