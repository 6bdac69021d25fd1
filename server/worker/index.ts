import { Logger as GraphileLogger, run, type Runner, type Task, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { and, asc, eq, sql } from 'drizzle-orm';
import { asAppError } from '#lib/kernel/errors.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import type { JobContext, JobHandler, OutboxEvent, TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { outbox } from '#lib/features/tenancy/tables.server.ts';
import { sqlState } from '#lib/features/tenancy/transaction.server.ts';
import { topics as knownTopics } from './handlers.ts';

export interface Worker {
  /** Resolves once jobs are taken. @throws Error where a topic has no handler or two ([NO-9]) */
  start(): Promise<void>;
  /** Lets running jobs end (at most 10 s), takes no new ones. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** Connection of role `consilium_system`, which owns the job tables. */
  url: string;
  handlers: { readonly outbox: readonly JobHandler[]; readonly tasks: readonly TaskHandler[] };
  services: Services;
  log: Logger;
  /** Jobs at the same time. */
  concurrency?: number;
  /** Default: all topics of the product. */
  topics?: readonly string[];
}

const outboxTask = 'outbox';
const defaultTimeoutMs = 30_000;
/** New jobs come by NOTIFY within milliseconds; polling is for those whose time has come (retries). */
const pollMs = 1_000;
const stopPatienceMs = 10_000;
/** A job locked for longer belongs to a process that died: no handler may take more than a minute. */
const deadAfterMs = 3 * 60_000;
const reclaimEveryMs = 60_000;
/** The engine's connections have a name of their own, by which `reclaim` knows that a worker lives. */
const applicationName = 'consilium-jobs';

/** The job engine: graphile-worker on the app's own Postgres, fed by the outbox trigger (outbox.sql). */
export function createWorker(options: WorkerOptions): Worker {
  const { url, services, log, concurrency = 4 } = options;
  let runner: Runner | null = null;
  let pool: pg.Pool | null = null;
  let ended: Promise<void> = Promise.resolve();
  let reclaiming: ReturnType<typeof setInterval> | undefined;
  return {
    async start() {
      if (runner) return;
      const byTopic = checkedHandlers(options.handlers.outbox, options.topics ?? knownTopics);
      await reclaim(services, log);
      pool = new pg.Pool({ connectionString: url, application_name: applicationName, max: concurrency + 2 });
      // The engine stops listening before it ends a pool of its own, and a connection lost then would end the app.
      const lost = (error: Error) => log.warn(failure(error), 'a connection of the job engine was lost');
      pool.on('error', lost);
      // One that is in use says it itself. With both told here the engine adds no handlers of its own, and no warning.
      pool.on('connect', (client) => client.on('error', lost));
      runner = await run({
        pgPool: pool,
        concurrency,
        noHandleSignals: true,
        pollInterval: pollMs,
        gracefulShutdownAbortTimeout: stopPatienceMs,
        logger: graphileLog(log),
        crontab: crontab(options.handlers.tasks),
        taskList: taskList(byTopic, options.handlers.tasks, { services, log })
      });
      ended = runner.promise.catch((error: unknown) => {
        log.error(failure(error), 'job engine ended');
      });
      reclaiming = setInterval(() => {
        reclaim(services, log).catch((error: unknown) => log.warn(failure(error), 'could not reclaim jobs'));
      }, reclaimEveryMs);
      log.info({ topics: byTopic.size, concurrency }, 'job engine started');
    },
    async stop() {
      const running = runner;
      runner = null;
      clearInterval(reclaiming);
      if (!running) return;
      await running.stop();
      await ended;
      await pool?.end();
    }
  };
}

/**
 * Free the jobs of a process that was killed; the engine itself would wait four hours. Where no worker is
 * connected at all (the usual restart), every lock is a dead one.
 */
async function reclaim(services: Services, log: Logger): Promise<void> {
  const { rows: freed } = await services.systemDb.execute(sql`
    with dead as (
      select distinct locked_by from graphile_worker.jobs
       where locked_by is not null
         and (locked_at < now() - make_interval(secs => ${deadAfterMs / 1000})
              or not exists (select from pg_stat_activity
                              where datname = current_database() and application_name = ${applicationName}))
    )
    select graphile_worker.force_unlock_workers(array_agg(locked_by)), count(*)::int as workers
      from dead having count(*) > 0`);
  if (freed.length > 0) log.warn({ workers: freed[0]?.['workers'] }, 'took back jobs of a worker that ended');
}

/** @throws Error naming the topics that have no handler or more than one, and handlers of no topic */
export function checkedHandlers(
  handlers: readonly JobHandler[],
  topics: readonly string[]
): ReadonlyMap<string, JobHandler> {
  const byTopic = new Map<string, JobHandler>();
  const wrong: string[] = [];
  for (const handler of handlers) {
    if (byTopic.has(handler.topic)) wrong.push(`${handler.topic}: more than one handler`);
    if (!topics.includes(handler.topic)) wrong.push(`${handler.topic}: not a topic`);
    byTopic.set(handler.topic, handler);
  }
  for (const topic of topics) if (!byTopic.has(topic)) wrong.push(`${topic}: no handler`);
  if (wrong.length > 0) throw new Error(`Job handlers do not fit the topics. ${wrong.join('; ')}`);
  return byTopic;
}

/** One line a task. Never twice at once: a run that lasts longer than its interval holds the next one's place. */
function crontab(tasks: readonly TaskHandler[]): string {
  return tasks
    .flatMap(({ task, cron }) => (cron ? [`${cron} ${task} ?jobKey=${task}&max=1`] : []))
    .join('\n');
}

function taskList(
  byTopic: ReadonlyMap<string, JobHandler>,
  tasks: readonly TaskHandler[],
  { services, log }: { services: Services; log: Logger }
): TaskList {
  const list: Record<string, Task> = {};
  list[outboxTask] = async (payload, { job }) => {
    const began = performance.now();
    const { id } = payload as { id: string };
    await logged(log, { jobId: job.id, eventId: id, attempt: job.attempts, began }, () =>
      deliver(id, byTopic, services)
    );
  };
  for (const task of tasks) {
    if (list[task.task]) throw new Error(`Two tasks are named ${task.task}`);
    list[task.task] = async (payload, { job }) => {
      const began = performance.now();
      const lastTry = job.attempts >= job.max_attempts;
      await logged(log, { jobId: job.id, task: task.task, attempt: job.attempts, began }, () =>
        withinTime(task.timeoutMs ?? defaultTimeoutMs, () =>
          task.run(payload, { services, now: services.clock.now(), lastTry })
        )
      );
    };
  }
  return list;
}

/**
 * Take the event off the outbox and do its work in one transaction ([NO-10]). Workers that hold events of the
 * same subject follow one another, and whoever comes first also does the older events: news keep their order.
 * An older one that fails is left to its own job, so that it holds up nobody. An event already done is quiet.
 */
async function deliver(
  id: string,
  byTopic: ReadonlyMap<string, JobHandler>,
  services: Services
): Promise<void> {
  await services.systemDb.transaction(async (rows) => {
    const [wanted] = await rows.select().from(outbox).where(eq(outbox.id, id));
    if (!wanted) return;
    const subject = `outbox:${wanted.organisationId}:${wanted.subject}`;
    await rows.execute(sql`select pg_advisory_xact_lock(hashtextextended(${subject}, 0))`);
    const due = await rows
      .select({ id: outbox.id })
      .from(outbox)
      .where(
        and(
          eq(outbox.organisationId, wanted.organisationId),
          eq(outbox.subject, wanted.subject),
          sql`(${outbox.createdAt}, ${outbox.id}) <= (${wanted.createdAt.toISOString()}::timestamptz, ${id}::uuid)`
        )
      )
      .orderBy(asc(outbox.createdAt), asc(outbox.id));
    for (const older of due) {
      try {
        await rows.transaction((inner) => handle(older.id, inner, byTopic, services));
      } catch (error) {
        if (older.id === id) throw error;
        services.log.warn(
          { eventId: older.id, ...failure(error) },
          'older event failed, left to its own job'
        );
      }
    }
  });
}

async function handle(
  id: string,
  rows: JobContext['rows'],
  byTopic: ReadonlyMap<string, JobHandler>,
  services: Services
): Promise<void> {
  const [event] = await rows.delete(outbox).where(eq(outbox.id, id)).returning();
  if (!event) return;
  const handler = byTopic.get(event.topic);
  if (!handler) throw new Error(`No handler for topic ${event.topic}`);
  await withinTime(handler.timeoutMs ?? defaultTimeoutMs, (signal) =>
    handler.handle(event satisfies OutboxEvent, { rows, services, signal, now: services.clock.now() })
  );
}

class TimeoutError extends Error {
  override name = 'TimeoutError';
}

async function withinTime(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new TimeoutError(`no end after ${ms} ms`);
    controller.abort(error);
    reject(error);
  }, ms);
  try {
    await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

interface JobFacts {
  jobId: string;
  attempt: number;
  eventId?: string;
  task?: string;
  began: number;
}

async function logged(log: Logger, facts: JobFacts, work: () => Promise<void>): Promise<void> {
  const { began, ...fields } = facts;
  try {
    await work();
    log.debug({ ...fields, ms: Math.round(performance.now() - began) }, 'job done');
  } catch (error) {
    log.warn({ ...fields, ...failure(error) }, 'job failed');
    throw withoutDetail(error);
  }
}

/** What may be logged of a failure: never its message, which can quote a row. */
function failure(error: unknown): { error: string; code: string | null } {
  const known = asAppError(error);
  const name = error instanceof Error ? error.name : typeof error;
  const own = error instanceof Error && 'code' in error ? String(error.code) : null;
  return { error: name, code: known?.code ?? sqlState(error) ?? own };
}

/** The engine keeps the message of a failed job in its table: let it be a code. */
function withoutDetail(error: unknown): Error {
  const { error: name, code } = failure(error);
  return new Error(code ? `${name} ${code}` : name);
}

/** The engine's own log lines in ours. Its errors repeat what `logged` said, so only their level is kept. */
function graphileLog(log: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    if (level === 'error' && !message.startsWith('Failed task'))
      log.error({}, `job engine: ${firstLine(message)}`);
    else if (level === 'warning') log.warn({}, `job engine: ${firstLine(message)}`);
  });
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.slice(0, 200);
}
