import { bridges, type ToothView } from './chart.ts';
import type { FindingStatus } from './findings.ts';
import type { ChartLayout } from './layout.ts';

/** Chart pixels at scale 1: across the middle of a molar's crown. */
const barBelowNeck = 20;

/** Lines across the crowns of each bridge, from the first abutment to the last. */
export function bridgeBars(
  views: ReadonlyMap<string, ToothView>,
  layout: ChartLayout
): { path: string; status: FindingStatus }[] {
  return bridges(views).flatMap((run) => {
    const places = run.map((number) => layout.places.get(number)).filter((place) => place !== undefined);
    const whole = views.get(run[0]!)?.whole;
    const status = (whole?.bridge_abutment ?? whole?.bridge_pontic)?.status;
    if (places.length < run.length || !status) return [];
    const down = places[0]!.tooth.arch === 'upper' ? 1 : -1;
    const { neckY, scale } = places[0]!;
    const y = neckY + down * barBelowNeck * scale;
    return [{ path: `M${places[0]!.x} ${y}H${places.at(-1)!.x}`, status }];
  });
}
