import { redirect } from '@sveltejs/kit';
import { choosePlace, listPlaces } from '#lib/features/identity/places.server.ts';
import { acted, chooserOf, idOf, loaded } from '../../edge.server.ts';
import { nextOf, safePath } from '../cookies.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  const { systemDb } = event.locals.services;
  return { places: await loaded(listPlaces(systemDb, chooserOf(event))), next: nextOf(event.url) };
};

export const actions: Actions = {
  default: async (event) => {
    const { locals, request } = event;
    const form = await request.formData();
    const result = await acted(async () => {
      const memberId = idOf(String(form.get('member') ?? ''));
      await choosePlace({ ...locals.services, request: locals.request }, chooserOf(event), memberId);
      return null;
    });
    if (result) return result;
    redirect(303, safePath(String(form.get('next') ?? '')));
  }
};
