import { actionText, actionWords } from '#lib/features/audit/words.ts';
import { actorText } from '#lib/features/record/person-words.ts';
import { exportTrail } from '#lib/features/record/trail.server.ts';
import { trailFilter } from '#lib/features/record/trail.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import { m } from '#lib/paraglide/messages.js';
import { answered, bodyOf, csvFile, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** The trail as CSV. A POST, since it leaves an event: a link that is prefetched must not. */
export const POST: RequestHandler = ({ locals, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const given = Object.fromEntries([...url.searchParams].filter(([, value]) => value.trim() !== ''));
    const { before: _, ...filter } = parsed(trailFilter, given);
    const locale = getLocale();
    // In words now: the bytes are made later, when this request's language is no longer known.
    const head = [
      m.audit_number(),
      m.audit_at(),
      m.audit_person(),
      m.audit_role(),
      m.audit_organisation(),
      m.audit_action(),
      'action',
      m.audit_outcome(),
      m.audit_patient(),
      m.audit_patient(),
      m.audit_subject(),
      'id',
      m.audit_consult(),
      m.audit_address()
    ];
    const actions = new Map(Object.keys(actionWords).map((action) => [action, actionText(action)]));
    const others = new Map(
      ['system', 'patient-link', 'member'].map((kind) => [kind, actorText({ kind, name: null })])
    );
    const bytes = await exportTrail(call, filter, {
      head,
      action: (action) => actions.get(action) ?? action,
      actor: ({ kind, name }) => name ?? others.get(kind) ?? kind,
      organisation: (line) => (locale === 'en' ? line.organisationEn : line.organisation) ?? ''
    });
    return csvFile('audit', call, bodyOf(bytes));
  });
