import { errorTextOf } from '#lib/ui/error-text.ts';
import type { AppointmentView, SlotsView, SlotView } from './view.ts';

/** Where a booking comes from and what it already knows. */
export interface BookingStart {
  clinicId: string;
  patientId: string;
  reason?: string;
  minutes?: number;
  practitionerId?: string | null;
  consultId?: string | null;
  /** What of a treatment plan can be booked; the first is offered. */
  items?: readonly BookingItem[];
}
/** A thing to book for, in words. */
export interface BookingItem {
  id: string;
  label: string;
  /** Minutes of one visit. */
  minutes: number;
}

/** What the form asks the server for; ids and instants as strings. */
export interface SlotsQuery {
  clinicId: string;
  patientId: string;
  practitionerId: string | null;
  from?: string;
  minutes: number;
}
export interface BookingRequest {
  clinicId: string;
  patientId: string;
  practitionerId: string;
  chairId: string;
  startsAt: string;
  minutes: number;
  reason: string;
  note: string;
  consultId: string | null;
  planItemId: string | null;
}

export interface BookingServices {
  loadSlots(query: SlotsQuery): Promise<SlotsView>;
  /** Rejects with something that has a `code` (`slot_taken` …). */
  book(request: BookingRequest): Promise<AppointmentView>;
}

/** The state of one booking being made. Nothing typed is lost when a slot turns out taken. */
export class Booking {
  reason = $state('');
  note = $state('');
  minutes = $state(30);
  /** '' means any. */
  practitionerId = $state('');
  /** '' means nothing of a plan. */
  itemId = $state('');
  slots = $state.raw<SlotsView | null>(null);
  selected = $state.raw<SlotView | null>(null);
  loading = $state(false);
  loadFailed = $state(false);
  saving = $state(false);
  error = $state<string | null>(null);

  readonly #start: BookingStart;
  readonly #services: BookingServices;
  #asked = 0;

  constructor(start: BookingStart, services: BookingServices) {
    this.#start = start;
    this.#services = services;
    this.reason = start.reason ?? '';
    this.minutes = start.minutes ?? 30;
    this.practitionerId = start.practitionerId ?? '';
    this.choose(start.items?.[0]?.id ?? '');
  }

  /** Book for this item of a plan: its length, and its name as the reason unless another was typed. */
  choose(itemId: string): void {
    const items = this.#start.items ?? [];
    const before = items.find((item) => item.id === this.itemId);
    const item = items.find((one) => one.id === itemId);
    const untouched = this.reason.trim() === '' || this.reason === before?.label;
    this.itemId = item?.id ?? '';
    if (item) this.minutes = item.minutes;
    if (untouched) this.reason = item?.label ?? '';
  }

  /** Read free times from `from` on (default: where we are). Only the latest answer counts. */
  async load(from = this.slots?.from): Promise<void> {
    const asked = ++this.#asked;
    this.loading = true;
    this.loadFailed = false;
    try {
      const slots = await this.#services.loadSlots({
        clinicId: this.#start.clinicId,
        patientId: this.#start.patientId,
        practitionerId: this.practitionerId || null,
        minutes: this.minutes,
        ...(from ? { from } : {})
      });
      if (asked !== this.#asked) return;
      this.slots = slots;
      this.selected = this.#stillFree(slots);
    } catch (error) {
      if (asked !== this.#asked) return;
      this.loadFailed = true;
      this.error = errorTextOf(error);
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }

  /** The appointment, or null where it could not be booked (`error` says why, free times are read anew). */
  async save(): Promise<AppointmentView | null> {
    const slot = this.selected;
    if (!slot || this.saving) return null;
    this.saving = true;
    this.error = null;
    try {
      return await this.#services.book({
        clinicId: this.#start.clinicId,
        patientId: this.#start.patientId,
        practitionerId: slot.practitioner.id,
        chairId: slot.chair.id,
        startsAt: slot.startsAt,
        minutes: this.minutes,
        reason: this.reason.trim(),
        note: this.note.trim(),
        consultId: this.#start.consultId ?? null,
        planItemId: this.itemId || null
      });
    } catch (error) {
      this.error = errorTextOf(error);
      const message = this.error;
      this.selected = null;
      await this.load();
      this.error = message;
      return null;
    } finally {
      this.saving = false;
    }
  }

  #stillFree(slots: SlotsView): SlotView | null {
    const chosen = this.selected;
    if (!chosen) return null;
    return (
      slots.slots.find(
        (slot) => slot.startsAt === chosen.startsAt && slot.practitioner.id === chosen.practitioner.id
      ) ?? null
    );
  }
}
