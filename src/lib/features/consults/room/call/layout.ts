import { pictureKey, type ParticipantView, type Picture } from './call.ts';

/** `board`: the tiles beside the board. `speaker`: one large, the others below. `focus`: one, and nothing else. */
export const callLayouts = ['board', 'speaker', 'grid', 'focus'] as const;
export type CallLayout = (typeof callLayouts)[number];

export interface Shown {
  person: ParticipantView;
  picture: Picture;
}

/** [CALL-52] Each with their camera; an intraoral camera is a tile of its own after it. */
export function tilesOf(people: readonly ParticipantView[]): Shown[] {
  return people.flatMap((person): Shown[] => [
    { person, picture: 'camera' },
    ...(person.intraoral ? [{ person, picture: 'intraoral' } as const] : [])
  ]);
}

export const keyOf = ({ person, picture }: Shown): string => pictureKey(person.identity, picture);

export interface Stage {
  /** Over the board; null: the board is seen. */
  layout: Exclude<CallLayout, 'board'> | null;
  large: Shown | null;
  /** Beside or below the large one; in a grid, all of them. */
  rest: Shown[];
}

/**
 * What is seen where. A screen that somebody else shares opens large, whatever the layout, until it is put away
 * (`putAway`, by the sharer's identity); then the picture that is pinned (`pictureKey`), else the camera of who was heard last, else who comes first.
 */
export function stageOf(
  people: readonly ParticipantView[],
  view: { layout: CallLayout; pinned: string | null; lastSpeaker: string | null; putAway: string | null }
): Stage {
  const sharer = people.find((person) => !person.isSelf && person.screen !== null) ?? null;
  const screen: Shown | null =
    sharer && sharer.identity !== view.putAway ? { person: sharer, picture: 'screen' } : null;
  if (view.layout === 'board' && !screen) return { layout: null, large: null, rest: [] };
  const others = people.filter((person) => !person.isSelf);
  const lead = others.find(({ identity }) => identity === view.lastSpeaker) ?? others[0] ?? people[0] ?? null;
  const all = tilesOf(people);
  if (view.layout === 'grid' && !screen) return { layout: 'grid', large: null, rest: all };
  const pinned = all.find((one) => keyOf(one) === view.pinned);
  const large: Shown | null = screen ?? pinned ?? (lead && { person: lead, picture: 'camera' });
  const rest = all.filter((one) => !large || keyOf(one) !== keyOf(large));
  // A screen over the board leaves the tiles where they are, beside it.
  if (view.layout === 'focus' || view.layout === 'board') return { layout: 'focus', large, rest: [] };
  return { layout: 'speaker', large, rest };
}

/** A camera's usual width ÷ height. */
const cameraShape = 16 / 9;

/**
 * [CALL-30] Columns of the grid in which whole camera pictures are largest.
 * @param shape width ÷ height of the whole grid
 */
export function gridColumns(count: number, shape: number): number {
  const wholeWidth = (columns: number) => Math.min(shape / columns, cameraShape / Math.ceil(count / columns));
  let best = 1;
  for (let columns = 2; columns <= count; columns++)
    if (wholeWidth(columns) > wholeWidth(best)) best = columns;
  return best;
}

/** Tiles beside the board: who is pinned stands first. */
export function pinnedFirst(
  people: readonly ParticipantView[],
  pinned: string | null
): readonly ParticipantView[] {
  const one = people.find(
    ({ identity }) => identity === pinned || pictureKey(identity, 'intraoral') === pinned
  );
  return one ? [one, ...people.filter((person) => person !== one)] : people;
}
