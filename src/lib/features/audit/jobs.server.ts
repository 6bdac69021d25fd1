import type { TaskHandler } from '#lib/features/tenancy/jobs.ts';
import { archiveEvents } from './archive.server.ts';
import { writeCheckpoints } from './checkpoints.server.ts';

/** Signs the heads of chains that are due. */
export const checkpointTask: TaskHandler = {
  task: 'audit-checkpoint',
  cron: '* * * * *',
  timeoutMs: 60_000,
  run: (_, { services, now }) => writeCheckpoints(services, { now })
};

/** Moves old events into files, a file an organisation and night. */
export const archiveTask: TaskHandler = {
  task: 'audit-archive',
  cron: '23 3 * * *',
  timeoutMs: 60_000,
  async run(_, { services, now }) {
    await archiveEvents(services, { now, hotMonths: services.settings.auditHotMonths });
  }
};
