import type { Database, Services } from './call.ts';

/** One row of the outbox, as its handler gets it. */
export interface OutboxEvent {
  id: string;
  organisationId: string;
  topic: string;
  subject: string;
  /** Ids only, as the use case left them; check before use. */
  payload: unknown;
  createdAt: Date;
}

/** What a handler works with. */
export interface JobContext {
  /**
   * Drizzle as role `consilium_system`, in the transaction that also takes the event off the outbox: what is
   * written here happens exactly once.
   */
  rows: Parameters<Parameters<Database['transaction']>[0]>[0];
  services: Services;
  now: Date;
  /** Aborted when the handler's time is up. */
  signal: AbortSignal;
}

/** Background work of one topic. Written so that a second run after a crash does no harm. */
export interface JobHandler {
  topic: string;
  /** Default 30 s. */
  timeoutMs?: number;
  handle(event: OutboxEvent, context: JobContext): Promise<void>;
}

/** Work that is not news from a use case but a step of its own, e.g. handing one mail to the mail server. */
export interface TaskHandler {
  task: string;
  /** Also run at these times (UTC, five fields as in crontab), one process at a time; a missed time is not made up for. */
  cron?: string;
  timeoutMs?: number;
  /** `lastTry`: no further attempt follows if this one fails. */
  run(payload: unknown, context: { services: Services; now: Date; lastTry: boolean }): Promise<void>;
}
