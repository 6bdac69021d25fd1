import { listConsults } from '#lib/features/consults/read.server.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:consults');
  return { consults: await loaded(listConsults(staffCall(event))) };
};
