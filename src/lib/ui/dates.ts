/**
 * Dates as people say them: 今天 14:30, tomorrow 9:00, 周三 14:30, 3月5日, 5 Mar 2025. Pure: the zone (IANA), the present
 * moment and the language are passed in. Instants are UTC; what is shown is the wall clock of `zone`.
 */
export interface Speech {
  /** IANA zone of the clinic, e.g. "Asia/Shanghai". */
  zone: string;
  now: Date;
  /** "zh-CN" or "en". */
  locale: string;
}

export type DateInput = Date | string | number;

interface Wall {
  year: number;
  month: number;
  day: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Building a formatter costs some 50 µs; a list of hundreds of rows asks for the same few. */
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, options)));
  return made;
}

const toDate = (at: DateInput): Date => (at instanceof Date ? at : new Date(at));

/** The calendar day of an instant in a zone. */
export function wallDay(at: DateInput, zone: string): Wall {
  const parts = format('en', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric'
  }).formatToParts(toDate(at));
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return { year: read('year'), month: read('month'), day: read('day') };
}

/** The day as "2026-03-05", for grouping and `<input type=date>`. */
export function dayKey(at: DateInput, zone: string): string {
  const { year, month, day } = wallDay(at, zone);
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Whole calendar days from now to `at` in the zone: 0 today, 1 tomorrow, -1 yesterday. */
export function daysFromNow(at: DateInput, { zone, now }: Speech): number {
  const utc = (wall: Wall) => Date.UTC(wall.year, wall.month - 1, wall.day);
  return Math.round((utc(wallDay(at, zone)) - utc(wallDay(now, zone))) / 86_400_000);
}

/** "14:30" (zh-CN and en alike; no leading zero: 9:00). */
export function sayTime(at: DateInput, { zone }: Speech): string {
  return format('en', { timeZone: zone, hour: 'numeric', minute: '2-digit', hourCycle: 'h23' })
    .format(toDate(at))
    .replace(/^0(?=\d:)/, '');
}

/** "今天", "tomorrow", "周三", "3月5日", "2025年3月5日". Weekdays only within the six days to come or gone by. */
export function sayDay(at: DateInput, speech: Speech): string {
  const { zone, locale, now } = speech;
  const days = daysFromNow(at, speech);
  const date = toDate(at);
  // Chinese has its own words for two days away; English has not.
  if (Math.abs(days) <= (locale.startsWith('zh') ? 2 : 1))
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
  if (Math.abs(days) < 7 && days > 0)
    return format(locale, { timeZone: zone, weekday: 'short' }).format(date);
  if (wallDay(at, zone).year === wallDay(now, zone).year)
    return format(locale, { timeZone: zone, month: 'short', day: 'numeric' }).format(date);
  return format(locale, { timeZone: zone, year: 'numeric', month: 'short', day: 'numeric' }).format(date);
}

/** Day and time: "今天 14:30". */
export function sayDateTime(at: DateInput, speech: Speech): string {
  return `${sayDay(at, speech)} ${sayTime(at, speech)}`;
}

/** In full, for tooltips, papers and records: "2026年3月5日周四 14:30", "Thu, 5 March 2026, 14:30". */
export function sayFull(at: DateInput, speech: Speech): string {
  const { zone, locale } = speech;
  const day = format(locale, {
    timeZone: zone,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'short'
  }).format(toDate(at));
  return `${day} ${sayTime(at, speech)}`;
}

/** A heading over a day's list: "今天 · 3月5日 周四", "5 March 2026, Thursday" further away. */
export function sayDayHeading(at: DateInput, speech: Speech): string {
  const { zone, locale, now } = speech;
  const sameYear = wallDay(at, zone).year === wallDay(now, zone).year;
  const full = format(locale, {
    timeZone: zone,
    ...(sameYear ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    weekday: 'short'
  }).format(toDate(at));
  const near = Math.abs(daysFromNow(at, speech)) <= 1;
  return near ? `${sayDay(at, speech)} · ${full}` : full;
}

/** "9:00–9:30", or with the day in front when `withDay`. */
export function saySpan(from: DateInput, to: DateInput, speech: Speech, withDay = false): string {
  const span = `${sayTime(from, speech)}–${sayTime(to, speech)}`;
  return withDay ? `${sayDay(from, speech)} ${span}` : span;
}

/** How long from now, roughly: "3分钟前", "in 2 hours". Beyond a day, the day and time instead. */
export function sayAgo(at: DateInput, speech: Speech): string {
  const seconds = (toDate(at).getTime() - speech.now.getTime()) / 1000;
  const minutes = Math.round(seconds / 60);
  const relative = new Intl.RelativeTimeFormat(speech.locale, { numeric: 'auto' });
  if (Math.abs(seconds) < 45) return relative.format(0, 'second');
  if (Math.abs(minutes) < 60) return relative.format(minutes, 'minute');
  if (Math.abs(minutes) < 24 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return sayDateTime(at, speech);
}

/**
 * Age as dentists say it: years; under three years also months, under a month days. Dates as "YYYY-MM-DD".
 * Returns whole units: `{ years: 2, months: 4, days: 0 }`. Errors: a date that cannot be read gives null.
 */
export function ageOn(
  birthDate: string,
  today: string
): { years: number; months: number; days: number } | null {
  const [by, bm, bd] = birthDate.split('-').map(Number);
  const [ty, tm, td] = today.split('-').map(Number);
  if (!by || !bm || !bd || !ty || !tm || !td) return null;
  let months = (ty - by) * 12 + (tm - bm);
  if (td < bd) months -= 1;
  if (months < 0) return null;
  const days = Math.round((Date.UTC(ty, tm - 1, td) - Date.UTC(by, bm - 1, bd)) / 86_400_000);
  return { years: Math.floor(months / 12), months: months % 12, days };
}

/** Minutes and seconds of a running clock: "12:40", "1:02:05". */
export function sayDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part: number) => String(part).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
