import type { BookingServices } from './booking.svelte.ts';
import type { AppointmentView, SlotsView } from './view.ts';
import { api } from '#lib/ui/api.ts';

/** The booking form's two questions to the server. */
export const bookingServices: BookingServices = {
  loadSlots(query) {
    const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
    return api<SlotsView>(
      'GET',
      `/api/slots?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`
    );
  },
  book: (request) => api<AppointmentView>('POST', '/api/appointments', request)
};
