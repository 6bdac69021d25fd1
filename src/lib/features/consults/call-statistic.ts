/** [CN-60] What is kept of one person's stay in a call, and how coarsely. Pure; nothing in it is of a person. */

export const callSeats = ['staff', 'patient'] as const;
export const callWays = ['udp', 'tcp', 'relay'] as const;
export const callDevices = ['phone', 'tablet', 'computer'] as const;
export const callBrowsers = [
  ...(['Chrome', 'Edge', 'Firefox', 'Safari', 'Opera', 'QQ', 'WeChat'] as const),
  'other'
] as const;
export const callSystems = [
  ...(['Windows', 'macOS', 'Linux', 'Android', 'iOS', 'HarmonyOS'] as const),
  'other'
] as const;

/** Of one stay, as its browser counted it. Null: there was nothing to count, or the browser does not tell. */
export interface CallNumbers {
  /** In the call so far. */
  seconds: number;
  /** Of the way from the click to the first picture: until the seat was given, the line open, the picture there. */
  seatMs: number | null;
  lineMs: number | null;
  pictureMs: number | null;
  way: (typeof callWays)[number] | null;
  /** To the media server and back: median and 95th percentile of the readings. */
  roundTripMs: number | null;
  roundTripP95Ms: number | null;
  /** Parts of the packets lost, 0…1. */
  lossIn: number | null;
  lossOut: number | null;
  kbpsIn: number | null;
  kbpsOut: number | null;
  /** Of the pictures of others: how often they stood still, and which part of the time, 0…1. */
  freezes: number;
  frozen: number | null;
  /** Part of the sound of others that had to be made up, 0…1; silence does not count. */
  concealed: number | null;
  /** Of the largest picture: frames a second and lines, medians. */
  fps: number | null;
  height: number | null;
  /** How often a new room was built in place of a lost one. */
  rebuilds: number;
}

/** What kind of machine it was. */
export interface CallMachine {
  device: (typeof callDevices)[number];
  browser: (typeof callBrowsers)[number];
  /** Major version; null: not told. */
  browserVersion: number | null;
  system: (typeof callSystems)[number];
}

const minuteSteps = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120] as const;

/** A stay's length in minutes, to the nearest of a few steps: to the minute it would tell whose stay it was. */
export function roundedMinutes(seconds: number): number {
  const minutes = seconds / 60;
  return minuteSteps.reduce((best, step) =>
    Math.abs(step - minutes) < Math.abs(best - minutes) ? step : best
  );
}

/** The smallest value that at least `part` (0…1) of all are not above; null of none. */
export function percentile(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? null;
}
