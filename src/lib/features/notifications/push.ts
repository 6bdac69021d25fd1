import type { NotificationKind } from './notification.ts';

/** What a device is told; shown on a locked screen, so nothing of a patient or of what is asked. */
export interface PushMessage {
  title: string;
  body: string;
  /** Under the site's origin. */
  path: string;
  /** Stays until it is touched, and shakes the device. */
  rings: boolean;
  /** A later one of the same takes its place. */
  tag: string;
}

/** How long a device that cannot be reached is tried by its push service: nobody comes to a patient of an hour ago. */
export function pushLifeSeconds(kind: NotificationKind): number {
  return rings(kind) ? 10 * 60 : 24 * 3_600;
}

/** [NO-20] What a closed device is called for. */
export function isPushed(kind: NotificationKind): boolean {
  return rings(kind) || ['consult.requested', 'guest.invited', 'patient.asked'].includes(kind);
}

/** Somebody waits at this moment. */
export function rings(kind: NotificationKind): boolean {
  return kind === 'patient.waiting' || kind === 'room.called';
}
