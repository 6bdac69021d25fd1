import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { readTrail } from '#lib/features/record/trail.server.ts';
import { trailFilter } from '#lib/features/record/trail.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  // Fields left empty are sent as empty strings: they narrow nothing.
  const given = Object.fromEntries([...event.url.searchParams].filter(([, value]) => value.trim() !== ''));
  const filter = v.safeParse(trailFilter, given);
  return loaded(
    filter.success
      ? readTrail(call, filter.output).then((view) => ({ view, filter: filter.output }))
      : Promise.reject(fail('invalid_input'))
  );
};
