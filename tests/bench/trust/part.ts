import type { Database } from '#lib/features/tenancy/call.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import type { Figure } from '../figures.ts';

export interface PartContext {
  /** Superuser, for filling tables. */
  ownerUrl: string;
  /** Role `consilium_app`, as the app has it. */
  db: Database;
  /** Role `consilium_system`. */
  systemDb: Database;
  /** Role `consilium_app`, for a pool of a part's own. */
  appUrl: string;
  dataDir: string;
  log: Logger;
  /** Rows the tables in question hold while it is measured. */
  rows: number;
  /** Pairs A B A B … to run. */
  pairs: number;
  say(text: string): void;
}

/** One subject of the bench; called once at the usual size and once at ten times the rows. */
export type Part = (context: PartContext) => Promise<{
  rows: { name: string; samples: readonly number[] }[];
  figures: Figure[];
}>;
