import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { qualityFilter } from '#lib/features/consults/call-quality-input.ts';
import { readCallQuality } from '#lib/features/consults/call-quality.server.ts';
import { loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  // A field left empty narrows nothing.
  const given = Object.fromEntries([...event.url.searchParams].filter(([, value]) => value !== ''));
  const filter = v.safeParse(qualityFilter, given);
  return loaded(
    filter.success
      ? readCallQuality(call, filter.output).then((view) => ({ view, filter: filter.output }))
      : Promise.reject(fail('invalid_input'))
  );
};
