import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { QualityFigures, QualityGrouping } from './call-quality.ts';
import { dayMs } from '#lib/kernel/clock.ts';

export const groupingText: Record<QualityGrouping, () => string> = {
  week: m.organisation_quality_week,
  seat: m.organisation_quality_by_seat,
  device: m.organisation_quality_by_device,
  system: m.organisation_quality_by_system,
  browser: m.organisation_quality_by_browser
};

const named: Readonly<Record<string, () => string>> = {
  staff: m.organisation_quality_staff,
  patient: m.organisation_quality_patient,
  phone: m.organisation_quality_phone,
  tablet: m.organisation_quality_tablet,
  computer: m.organisation_quality_computer,
  other: m.organisation_quality_unknown
};

/** Of a group of this grouping; null: what is told together. */
export function groupText(by: QualityGrouping, key: string | null): string {
  if (key === null) return m.organisation_quality_rest();
  if (by === 'browser')
    return key.replace('WeChat', m.organisation_quality_wechat()).replace('other', named['other']!());
  if (by !== 'week') return named[key]?.() ?? key;
  const monday = new Date(`${key}T00:00:00Z`);
  return new Intl.DateTimeFormat(getLocale(), {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric'
  }).formatRange(monday, new Date(monday.getTime() + 6 * dayMs));
}

const dash = '–';
export function shareText(value: number | null): string {
  if (value === null) return dash;
  return new Intl.NumberFormat(getLocale(), { style: 'percent', maximumFractionDigits: 1 }).format(value);
}
/** Seconds where it is a second or more. */
export function timeText(ms: number | null): string {
  if (ms === null) return dash;
  const [value, unit] = ms < 1_000 ? [ms, 'millisecond'] : [ms / 1_000, 'second'];
  return new Intl.NumberFormat(getLocale(), {
    ...{ style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }
  }).format(value);
}

/** What is told of some stays, in the order of the columns. */
export const qualityColumns: readonly {
  head: () => string;
  value: (of: QualityFigures) => number | null;
  text: (value: number | null) => string;
}[] = [
  { head: m.organisation_quality_stays, value: (of) => of.stays, text: (value) => String(value ?? dash) },
  { head: m.organisation_quality_join, value: (of) => of.joinMs, text: timeText },
  { head: m.organisation_quality_p95_head, value: (of) => of.joinP95Ms, text: timeText },
  { head: m.organisation_quality_soon, value: (of) => of.joinSoon, text: shareText },
  { head: m.organisation_quality_frozen, value: (of) => of.frozen, text: shareText },
  { head: m.organisation_quality_concealed, value: (of) => of.concealed, text: shareText },
  { head: m.organisation_quality_loss, value: (of) => of.loss, text: shareText },
  { head: m.organisation_quality_trip, value: (of) => of.roundTripMs, text: timeText },
  { head: m.organisation_quality_p95_head, value: (of) => of.roundTripP95Ms, text: timeText },
  { head: m.organisation_quality_detour, value: (of) => of.detour, text: shareText }
];
