import { invalidate } from '$app/navigation';
import { navigating } from '$app/state';
import type { Live } from '#lib/ui/shell/live.svelte.ts';

/**
 * Read `key` again whenever something changes in this consult. Also after the line was down: whatever was
 * missed is in the page then.
 * @param knows  true for news (by name, e.g. `room.joined`) that the page knows by itself and need not be read
 * @returns stop listening
 */
export function followConsult(
  consultId: string,
  key: `app:${string}`,
  knows: (name: string) => boolean = () => false
): () => void {
  const source = new EventSource(`/api/events?consult=${consultId}`);
  let again: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    // Several news of one act come within milliseconds: read once.
    clearTimeout(again);
    // Reading again would cancel a page change under way, such as the one into the room after "Accept".
    again = setTimeout(() => (navigating.to ? changed() : void invalidate(key)), 40);
  };
  source.addEventListener('consult', ({ data }: MessageEvent<string>) => {
    const { name } = JSON.parse(data) as { name: string };
    if (!knows(name)) changed();
  });
  let opened = false;
  source.addEventListener('open', () => {
    if (opened) changed();
    opened = true;
  });
  return () => {
    clearTimeout(again);
    source.close();
  };
}

/** Read `key` again with every notification of this person: a list says what the bell says. @returns stop listening */
export function followNotifications(live: Live | null, key: `app:${string}`): (() => void) | undefined {
  return live?.on('notification', () => {
    // On the way to another page this list is no longer looked at, and reading it would cancel the way.
    if (!navigating.to) void invalidate(key);
  });
}
