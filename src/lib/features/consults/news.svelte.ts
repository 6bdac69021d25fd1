import { invalidate } from '$app/navigation';
import { navigating } from '$app/state';
import { Live } from '#lib/ui/shell/live.svelte.ts';

/**
 * Read `key` again whenever something changes in this consult, from the moment on at which it was read. Also after the
 * line was down: whatever was missed is in the page then.
 * @param options.live  the shell's stream; null outside the shell, where the page gets one of its own
 * @param options.knows  true for news (by name, e.g. `room.joined`) that the page knows by itself and need not be read
 * @returns stop listening
 */
export function followConsult(
  { id, readAt }: { id: string; readAt: Date },
  key: `app:${string}`,
  { live, knows = () => false }: { live: Live | null; knows?: (name: string) => boolean }
): () => void {
  const stream = live ?? new Live('/api/events', { always: true });
  let again: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    // Several news of one act come within milliseconds: read once.
    clearTimeout(again);
    // Reading again would cancel a page change under way, such as the one into the room after "Accept".
    again = setTimeout(() => (navigating.to ? changed() : void invalidate(key)), 40);
  };
  const stops = [
    stream.follow(id, readAt),
    stream.on('consult', (data) => {
      const { name } = data as { name: string };
      // [CN-19] A picture may be among what was taken back.
      if (['grant.changed', 'grant.ended', 'missed'].includes(name)) void forgetPictures();
      if (!knows(name)) changed();
    }),
    stream.onReopened(changed),
    () => clearTimeout(again)
  ];
  if (!live) stops.push(stream.open());
  return () => stops.forEach((stop) => stop());
}

/** Loaded when needed: a patient's page shows no picture before the call. */
async function forgetPictures(): Promise<void> {
  (await import('#lib/features/imaging/index.ts')).forgetFrames();
}

/** Read `key` again with every notification of this person: a list says what the bell says. @returns stop listening */
export function followNotifications(live: Live | null, key: `app:${string}`): (() => void) | undefined {
  return live?.on('notification', () => {
    // On the way to another page this list is no longer looked at, and reading it would cancel the way.
    if (!navigating.to) void invalidate(key);
  });
}
