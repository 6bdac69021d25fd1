import { getContext, setContext } from 'svelte';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { Speech } from './dates.ts';

const key = Symbol('clinic time');
const tickMs = 30_000;

interface ClinicTime {
  zone: string;
  readonly now: Date;
}

/**
 * Gives the components below the clinic's zone and a clock that moves every half minute. `startMs` is the server's
 * time when it drew the page, so that the first drawing in the browser says the same words.
 */
export function provideTime(options: () => { zone: string; startMs: number }): void {
  let skewedNow = $state<Date | null>(null);
  $effect(() => {
    // The device's clock may be wrong by hours; the server's is the one appointments are kept by.
    const offsetMs = options().startMs - Date.now();
    const timer = setInterval(() => (skewedNow = new Date(Date.now() + offsetMs)), tickMs);
    return () => clearInterval(timer);
  });
  setContext<ClinicTime>(key, {
    get zone() {
      return options().zone;
    },
    get now() {
      const start = new Date(options().startMs);
      return skewedNow && skewedNow > start ? skewedNow : start;
    }
  });
}

/** The zone, time and language to say dates in. Outside a clinic's page: the device's own. Call while a component starts. */
export function useSpeech(): Speech {
  const time = getContext<ClinicTime | undefined>(key);
  const fallback = { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, now: new Date() };
  return {
    get zone() {
      return time?.zone ?? fallback.zone;
    },
    get now() {
      return time?.now ?? fallback.now;
    },
    locale: getLocale()
  };
}
