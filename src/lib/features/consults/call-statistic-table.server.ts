import { date, foreignKey, index, integer, pgTable, primaryKey, real, text, uuid } from 'drizzle-orm/pg-core';
import { clinics } from '#lib/features/tenancy/tables.server.ts';
import { callBrowsers, callDevices, callSeats, callSystems, callWays } from './call-statistic.ts';

/**
 * [CN-60] One stay in a call, as figures: no user, patient, consult, address or moment. So neither an id with the time
 * in it nor the time it was written: the browser draws the id, and only the day is kept.
 */
export const callStatistics = pgTable(
  'call_statistic',
  {
    id: uuid('id').notNull(),
    /** Of the consult. */
    organisationId: uuid('organisation_id').notNull(),
    /** Of the consult's patient. */
    clinicId: uuid('clinic_id').notNull(),
    /** In the organisation's calendar. */
    day: date('day', { mode: 'string' }).notNull(),
    seat: text('seat', { enum: callSeats }).notNull(),
    /** One of a few steps. */
    minutes: integer('minutes').notNull(),
    seatMs: integer('seat_ms'),
    lineMs: integer('line_ms'),
    pictureMs: integer('picture_ms'),
    way: text('way', { enum: callWays }),
    roundTripMs: integer('round_trip_ms'),
    roundTripP95Ms: integer('round_trip_p95_ms'),
    lossIn: real('loss_in'),
    lossOut: real('loss_out'),
    kbpsIn: integer('kbps_in'),
    kbpsOut: integer('kbps_out'),
    freezes: integer('freezes').notNull(),
    frozen: real('frozen'),
    concealed: real('concealed'),
    fps: integer('fps'),
    height: integer('height'),
    rebuilds: integer('rebuilds').notNull(),
    device: text('device', { enum: callDevices }).notNull(),
    browser: text('browser', { enum: callBrowsers }).notNull(),
    browserVersion: integer('browser_version'),
    system: text('system', { enum: callSystems }).notNull()
  },
  (t) => [
    // Another organisation's row of the same id is another row.
    primaryKey({ columns: [t.organisationId, t.id] }),
    index('call_statistic_day').on(t.organisationId, t.day),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    })
  ]
);
