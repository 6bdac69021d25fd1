import { checkLine } from '#lib/features/consults/line-check.server.ts';
import { fail } from '#lib/kernel/errors.ts';
import { answered } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A check of one's own line, for staff and for patients who passed their door. */
export const POST: RequestHandler = ({ locals }) =>
  answered(() => {
    const actor = locals.visitor ?? locals.member;
    if (!actor) throw fail('not_signed_in');
    return checkLine({ ...locals.services, actor, request: locals.request });
  });
