/**
 * Calls `woke` when a page, its device or its network comes back: the lid opened, the tab in front again, the call on
 * the phone over, another network, a device
 * plugged in. May say so several times at once. @returns how to stop
 */
export function onWake(woke: () => void): () => void {
  const aborting = new AbortController();
  const { signal } = aborting;
  const shown = () => {
    if (document.visibilityState === 'visible') woke();
  };
  document.addEventListener('visibilitychange', shown, { signal });
  // Frozen by the browser and going on, without having been hidden in between.
  document.addEventListener('resume', woke, { signal });
  window.addEventListener('pageshow', woke, { signal });
  window.addEventListener('online', woke, { signal });
  (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener('devicechange', woke, { signal });
  networkOf(navigator)?.addEventListener('change', woke, { signal });
  return () => aborting.abort();
}

/** Chromium's, and no other browser's: Wi-Fi to mobile without having been offline. */
function networkOf(from: Navigator): EventTarget | null {
  return 'connection' in from && from.connection instanceof EventTarget ? from.connection : null;
}
