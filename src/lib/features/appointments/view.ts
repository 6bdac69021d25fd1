import type { AppointmentMove, AppointmentStatus } from './appointment.ts';
import type { LocalDate } from './zone.ts';

/** What the screens get. Instants are ISO 8601 in UTC; show them in `timeZone`. */
export interface AppointmentView {
  id: string;
  clinicId: string;
  patient: { id: string; name: string; sex: string; birthDate: LocalDate; number: string };
  practitioner: PractitionerView;
  chair: ChairView;
  startsAt: string;
  endsAt: string;
  minutes: number;
  status: AppointmentStatus;
  checkedInAt: string | null;
  seatedAt: string | null;
  finishedAt: string | null;
  cancelledAt: string | null;
  cancelReason: string;
  reason: string;
  note: string;
  planItemId: string | null;
  consultId: string | null;
  /** What may be done with it now, by time and state (not by who looks). */
  moves: AppointmentMove[];
}

export interface ChairView {
  id: string;
  name: string;
}

export interface PractitionerView {
  id: string;
  name: string;
  title: string;
}

export interface DayView {
  clinicId: string;
  date: LocalDate;
  /** Today's date in the clinic's zone. */
  today: LocalDate;
  timeZone: string;
  chairs: ChairView[];
  practitioners: PractitionerView[];
  /** By start, then chair; cancelled and missed ones included. */
  appointments: AppointmentView[];
  mayBook: boolean;
}

export interface PatientAppointmentsView {
  timeZone: string;
  /** Soonest first. */
  upcoming: AppointmentView[];
  /** Latest first, cancelled and missed ones included. */
  past: AppointmentView[];
}

export interface SlotView {
  startsAt: string;
  endsAt: string;
  practitioner: PractitionerView;
  chair: ChairView;
}

export interface SlotsView {
  clinicId: string;
  timeZone: string;
  today: LocalDate;
  from: LocalDate;
  days: number;
  minutes: number;
  practitioners: PractitionerView[];
  slots: SlotView[];
}
