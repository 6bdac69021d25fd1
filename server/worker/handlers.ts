import { archiveTask, checkpointTask } from '#lib/features/audit/jobs.server.ts';
import { callStatisticsTask } from '#lib/features/consults/call-statistic.server.ts';
import {
  closeRecordingsTask,
  recordingFinishedHandler
} from '#lib/features/consults/recording-close.server.ts';
import {
  deletedRecordingTask,
  recordingDeletedHandler
} from '#lib/features/consults/recording-delete.server.ts';
import { credentialReminderTask } from '#lib/features/notifications/credential-reminders.server.ts';
import { glassHandler } from '#lib/features/notifications/glass.server.ts';
import { notificationHandlers, sendMailTask } from '#lib/features/notifications/jobs.server.ts';
import { notificationKinds } from '#lib/features/notifications/notification.ts';
import { pushTask } from '#lib/features/notifications/push-jobs.server.ts';
import { rightsHandlers } from '#lib/features/notifications/rights.server.ts';
import { passwordResetTask } from '#lib/features/identity/reset.server.ts';
import { eraseFilesTask, erasureHandler } from '#lib/features/rights/erasure.server.ts';
import type { JobHandler, TaskHandler } from '#lib/features/tenancy/jobs.ts';

/** Every topic a use case may publish. */
export const topics: readonly string[] = [
  ...notificationKinds,
  ...rightsHandlers.map(({ topic }) => topic),
  glassHandler.topic,
  erasureHandler.topic,
  recordingFinishedHandler.topic,
  recordingDeletedHandler.topic
];

/** All background work of the product: the one list. */
export const handlers: { readonly outbox: readonly JobHandler[]; readonly tasks: readonly TaskHandler[] } = {
  outbox: [
    ...notificationHandlers,
    ...rightsHandlers,
    glassHandler,
    erasureHandler,
    recordingFinishedHandler,
    recordingDeletedHandler
  ],
  tasks: [
    sendMailTask,
    pushTask,
    credentialReminderTask,
    checkpointTask,
    archiveTask,
    passwordResetTask,
    eraseFilesTask,
    callStatisticsTask,
    closeRecordingsTask,
    deletedRecordingTask
  ]
};
