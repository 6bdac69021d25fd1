import { dayMs } from '#lib/kernel/clock.ts';
import type { GrantItem, GrantKind } from './consult.ts';

/** [CN-19] Days an organisation may choose from, after which a grant ends by itself. */
export const grantDayChoices = [7, 14, 30, 60, 90] as const;
export type GrantDays = (typeof grantDayChoices)[number];

/** [CN-19] The latest end that can be set at `now`: no longer than a grant made at this moment would have. */
export function longestEnd(now: Date, days: number): Date {
  return new Date(now.getTime() + days * dayMs);
}

/** Kinds that are opened and taken back as a whole. */
export const wholeKinds = ['allergies', 'conditions', 'medications', 'chart', 'plan'] as const;

/** One thing that is or was opened, as its viewer may see it. */
export interface GrantItemView extends GrantItem {
  id: string;
  startsAt: Date;
  /** When it ended or will end, by whatever way. */
  endsAt: Date;
  open: boolean;
  /** Who took it back; null: open, or it ended by time or with its consult. */
  endedBy: string | null;
  /** Why, where it was opened later than the question was asked. */
  reason: string | null;
}

/** What a consult opens to its expert: to the asking side with what has ended, to the expert what is open to them. */
export interface GrantView {
  /** `ended`: by the consult's end or by a person; `expired`: by time, and can be given a later end. */
  state: 'open' | 'expired' | 'ended';
  startsAt: Date;
  endsAt: Date;
  /** Who ended all of it; null: nobody. */
  endedBy: string | null;
  items: GrantItemView[];
  /** The latest end that may be set now. */
  longestEnd: Date;
}

interface Row {
  id: string;
  kind: GrantKind | 'consult';
  itemId: string | null;
  purpose: 'consult' | 'break-glass';
  reason: string | null;
  startsAt: Date;
  endsAt: Date;
  revokedAt: Date | null;
  revokedByName: string | null;
}

/** The grant in its rows. Null: its viewer has none. Of several rows of one thing the open one counts, else the last. */
export function grantView(
  rows: readonly Row[],
  { now, days }: { now: Date; days: number }
): GrantView | null {
  const given = rows.filter((row) => row.purpose === 'consult');
  const isOpen = (row: Row) => row.revokedAt === null && row.endsAt > now;
  const items = new Map<string, Row>();
  for (const row of given.toSorted(
    (a, b) => Number(isOpen(a)) - Number(isOpen(b)) || a.startsAt.getTime() - b.startsAt.getTime()
  ))
    items.set(`${row.kind}:${row.itemId ?? ''}`, row);
  const whole = items.get('consult:');
  if (!whole) return null;
  const endOf = (row: Row) => (row.revokedAt && row.revokedAt < row.endsAt ? row.revokedAt : row.endsAt);
  return {
    state: isOpen(whole) ? 'open' : whole.revokedAt ? 'ended' : 'expired',
    startsAt: new Date(Math.min(...given.map((row) => row.startsAt.getTime()))),
    endsAt: endOf(whole),
    endedBy: whole.revokedByName,
    items: [...items.values()]
      .filter((row): row is Row & { kind: GrantKind } => row.kind !== 'consult')
      .map((row) => ({
        id: row.id,
        kind: row.kind,
        itemId: row.itemId,
        startsAt: row.startsAt,
        endsAt: endOf(row),
        open: isOpen(row),
        endedBy: row.revokedByName,
        reason: row.reason
      })),
    longestEnd: longestEnd(now, days)
  };
}
