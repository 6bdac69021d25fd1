import * as v from 'valibot';
import { callBrowsers, callDevices, callSystems, callWays } from './call-statistic.ts';

const whole = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(max));
const part = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const tenMinutesMs = 600_000;

/** [CN-61] What a browser says of its stay. Nothing else is taken, and nothing out of these bounds. */
export const callStatisticInput = v.strictObject({
  /** Drawn by the browser for this stay; random all through (version 4): an id of ours tells when it was made. */
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)),
  seconds: whole(24 * 3_600),
  seatMs: v.nullable(whole(tenMinutesMs)),
  lineMs: v.nullable(whole(tenMinutesMs)),
  pictureMs: v.nullable(whole(tenMinutesMs)),
  way: v.nullable(v.picklist(callWays)),
  roundTripMs: v.nullable(whole(60_000)),
  roundTripP95Ms: v.nullable(whole(60_000)),
  lossIn: v.nullable(part),
  lossOut: v.nullable(part),
  kbpsIn: v.nullable(whole(1_000_000)),
  kbpsOut: v.nullable(whole(1_000_000)),
  freezes: whole(100_000),
  frozen: v.nullable(part),
  concealed: v.nullable(part),
  fps: v.nullable(whole(240)),
  height: v.nullable(whole(8_640)),
  rebuilds: whole(10_000),
  device: v.picklist(callDevices),
  browser: v.picklist(callBrowsers),
  browserVersion: v.nullable(whole(9_999)),
  system: v.picklist(callSystems)
});
export type CallStatisticInput = v.InferOutput<typeof callStatisticInput>;
