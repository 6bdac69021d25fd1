import * as v from 'valibot';
import { fail } from '#lib/kernel/errors.ts';
import { qualityFilter } from '#lib/features/consults/call-quality-input.ts';
import { readCallQuality } from '#lib/features/consults/call-quality.server.ts';
import { givenIn, loaded, staffCall } from '../../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const call = staffCall(event);
  const filter = v.safeParse(qualityFilter, givenIn(event.url));
  return loaded(
    filter.success
      ? readCallQuality(call, filter.output).then((view) => ({ view, filter: filter.output }))
      : Promise.reject(fail('invalid_input'))
  );
};
