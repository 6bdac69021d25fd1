import { pictureKey, type ParticipantView, type Picture, type VideoSource } from '../call.ts';

/** A camera or screen of the call that can be looked at closely. */
export interface Lookable {
  key: string;
  person: ParticipantView;
  picture: Picture;
  source: VideoSource;
}

/** What a clinician wants to see closely first: the patient, then an intraoral camera or a screen, oneself last. */
export function lookables(people: readonly ParticipantView[]): Lookable[] {
  const all = people.flatMap((person) =>
    (['camera', 'screen', 'intraoral'] as const).flatMap((picture): Lookable[] => {
      const source = person[picture];
      return source ? [{ key: pictureKey(person.identity, picture), person, picture, source }] : [];
    })
  );
  const rank = ({ person, picture }: Lookable) => {
    if (picture === 'intraoral') return 1;
    if (person.isSelf) return 4;
    return person.role === 'patient' || person.role === 'delegate' ? 0 : picture === 'screen' ? 2 : 3;
  };
  return all.sort((a, b) => rank(a) - rank(b));
}

/** Where one looks in a picture of `width` × `height` pixels shown whole at zoom 1: middle in pixels. */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export const mostZoom = 32;

/** Zoom by `factor` so that the picture's point `at` stays where it is; never further out than the whole. */
export function zoomed(view: View, factor: number, at: { x: number; y: number }, size: Size): View {
  const zoom = Math.min(mostZoom, Math.max(1, view.zoom * factor));
  const share = view.zoom / zoom;
  return within({ zoom, x: at.x + (view.x - at.x) * share, y: at.y + (view.y - at.y) * share }, size);
}

export interface Size {
  width: number;
  height: number;
}

/** The view moved so that none of it lies outside the picture. */
export function within({ zoom, x, y }: View, { width, height }: Size): View {
  const [halfWidth, halfHeight] = [width / zoom / 2, height / zoom / 2];
  return {
    zoom,
    x: Math.min(width - halfWidth, Math.max(halfWidth, x)),
    y: Math.min(height - halfHeight, Math.max(halfHeight, y))
  };
}
