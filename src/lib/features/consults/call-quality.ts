import { percentile } from './call-statistic.ts';
import type { callBrowsers, callDevices, callSeats, callSystems, CallNumbers } from './call-statistic.ts';

/** [CN-63] Calls as an owner reads them: figures of many stays, never of one. Pure. */

export const qualityPeriods = [7, 30, 90] as const;
/** Fewer stays are not shown as a group of their own. */
export const leastStays = 5;
const soonMs = 1_000;

export type QualityRow = Omit<CallNumbers, 'seconds'> & {
  minutes: number;
  /** ISO date. */
  day: string;
  seat: (typeof callSeats)[number];
  device: (typeof callDevices)[number];
  browser: (typeof callBrowsers)[number];
  browserVersion: number | null;
  system: (typeof callSystems)[number];
};

/** Of some stays. Shares are 0…1; null: none of them tells. */
export interface QualityFigures {
  stays: number;
  /** From the click to the first picture, of those who found somebody's there. */
  joinMs: number | null;
  joinP95Ms: number | null;
  /** Joined in under a second. */
  joinSoon: number | null;
  roundTripMs: number | null;
  roundTripP95Ms: number | null;
  /** The worse of both ways, by time. */
  loss: number | null;
  frozen: number | null;
  concealed: number | null;
  /** Came over TCP or a relay. */
  detour: number | null;
}

export const qualityGroupings = ['week', 'seat', 'device', 'system', 'browser'] as const;
export type QualityGrouping = (typeof qualityGroupings)[number];
/** `key` null: all that are too few to stand alone. */
export interface QualityGroup extends QualityFigures {
  key: string | null;
}

export function qualityFigures(rows: readonly QualityRow[]): QualityFigures {
  const joins = rows.flatMap(({ seatMs, lineMs, pictureMs }) =>
    seatMs === null || lineMs === null || pictureMs === null ? [] : seatMs + lineMs + pictureMs
  );
  const ways = rows.flatMap(({ way }) => way ?? []);
  return {
    stays: rows.length,
    joinMs: percentile(joins, 0.5),
    joinP95Ms: percentile(joins, 0.95),
    joinSoon: share(joins, (ms) => ms < soonMs),
    roundTripMs: percentile(
      rows.flatMap(({ roundTripMs }) => roundTripMs ?? []),
      0.5
    ),
    roundTripP95Ms: percentile(
      rows.flatMap(({ roundTripP95Ms }) => roundTripP95Ms ?? []),
      0.95
    ),
    loss: byTime(rows, ({ lossIn, lossOut }) =>
      lossIn === null && lossOut === null ? null : Math.max(lossIn ?? 0, lossOut ?? 0)
    ),
    frozen: byTime(rows, ({ frozen }) => frozen),
    concealed: byTime(rows, ({ concealed }) => concealed),
    detour: share(ways, (way) => way !== 'udp')
  };
}

/** [CN-63] Weeks newest first, others by how many; what is too few is told together, last. */
export function qualityGroups(rows: readonly QualityRow[], by: QualityGrouping): QualityGroup[] {
  const groups = new Map<string, QualityRow[]>();
  for (const row of rows) {
    const key = keyOf(row, by);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  // The smallest last: of the rest, too few as well, nobody could be told by taking the others from the whole.
  const left = [...groups].toSorted(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b));
  const rest: QualityRow[] = [];
  for (;;) {
    const smallest = left.at(-1);
    if (!smallest) break;
    const few = smallest[1].length < leastStays || (rest.length > 0 && rest.length < leastStays);
    if (!few) break;
    left.pop();
    rest.push(...smallest[1]);
  }
  if (by === 'week') left.sort(([a], [b]) => b.localeCompare(a));
  const told: QualityGroup[] = left.map(([key, own]) => ({ key, ...qualityFigures(own) }));
  return rest.length > 0 ? [...told, { key: null, ...qualityFigures(rest) }] : told;
}

function keyOf(row: QualityRow, by: QualityGrouping): string {
  switch (by) {
    case 'week':
      return mondayOf(row.day);
    case 'browser':
      return row.browserVersion === null ? row.browser : `${row.browser} ${row.browserVersion}`;
    case 'seat':
    case 'device':
    case 'system':
      return row[by];
  }
}

/** The Monday of a day's week, as ISO dates. */
export function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function share<T>(values: readonly T[], is: (value: T) => boolean): number | null {
  return values.length > 0 ? values.filter(is).length / values.length : null;
}

/** A long stay counts for more than a short one. */
function byTime(rows: readonly QualityRow[], part: (row: QualityRow) => number | null): number | null {
  let [sum, minutes] = [0, 0];
  for (const row of rows) {
    const value = part(row);
    if (value === null) continue;
    sum += value * row.minutes;
    minutes += row.minutes;
  }
  return minutes > 0 ? sum / minutes : null;
}
