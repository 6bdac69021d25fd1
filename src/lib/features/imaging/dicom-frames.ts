import type { DataSet } from 'dicom-parser';
import { numbers } from './dicom-elements.ts';

/** An attribute that may stand at the top of a file or, in enhanced multi-frame files, in a functional group. */
export interface FramePlace {
  tag: string;
  /** The functional group's sequence (PS3.3 C.7.6.16.2). */
  group: string;
}

export const framePlaces = {
  pixelSpacing: { tag: 'x00280030', group: 'x00289110' },
  windowCenter: { tag: 'x00281050', group: 'x00289132' },
  windowWidth: { tag: 'x00281051', group: 'x00289132' },
  intercept: { tag: 'x00281052', group: 'x00289145' },
  slope: { tag: 'x00281053', group: 'x00289145' }
} as const satisfies Record<string, FramePlace>;

const sharedGroups = 'x52009229';
const groupsOfFrames = 'x52009230';

/** What holds for a frame (from 1): its own group before the one that all share before the file's top. */
export function frameNumbers(data: DataSet, place: FramePlace, frame: number): number[] | null {
  return (
    inGroup(itemOf(data, groupsOfFrames, frame - 1), place) ??
    inGroup(itemOf(data, sharedGroups, 0), place) ??
    numbers(data, place.tag)
  );
}

/** True where no frame's own group says anything else than `values`. */
export function isOfAllFrames(data: DataSet, place: FramePlace, values: readonly number[]): boolean {
  const items = data.elements[groupsOfFrames]?.items ?? [];
  return items.every(({ dataSet }) => {
    const own = inGroup(dataSet ?? null, place);
    return own === null || (own.length === values.length && own.every((value, i) => value === values[i]));
  });
}

function inGroup(item: DataSet | null, { tag, group }: FramePlace): number[] | null {
  const inner = item && itemOf(item, group, 0);
  return inner && numbers(inner, tag);
}

function itemOf(data: DataSet, sequence: string, index: number): DataSet | null {
  return data.elements[sequence]?.items?.[index]?.dataSet ?? null;
}
