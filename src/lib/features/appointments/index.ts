/** What other rooms may use of appointments in the browser. */
export { default as AppointmentList } from './AppointmentList.svelte';
export { default as BookForm } from './BookForm.svelte';
export { default as DayList } from './DayList.svelte';
export { default as SlotPicker } from './SlotPicker.svelte';
export type {
  BookingItem,
  BookingRequest,
  BookingServices,
  BookingStart,
  SlotsQuery
} from './booking.svelte.ts';
export type { MoveHandler } from './day.svelte.ts';
export type * from './view.ts';
export { bookingServices } from './client.ts';
export { statusText, whenText } from './words.ts';
