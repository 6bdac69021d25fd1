import { readPlaces } from '#lib/features/rights/register.server.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => ({ places: await loaded(readPlaces(staffCall(event))) });
