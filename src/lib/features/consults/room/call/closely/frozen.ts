import type { ParticipantView, VideoSource } from '../call.ts';

/** A camera or screen of the call that can be looked at closely. */
export interface Lookable {
  key: string;
  person: ParticipantView;
  screen: boolean;
  source: VideoSource;
}

/** Whose picture a clinician wants to see closely first: the patient's, then a shared screen, oneself last. */
export function lookables(people: readonly ParticipantView[]): Lookable[] {
  const all = people.flatMap((person) => [
    ...(person.camera ? [{ key: person.identity, person, screen: false, source: person.camera }] : []),
    ...(person.screen
      ? [{ key: `${person.identity}/screen`, person, screen: true, source: person.screen }]
      : [])
  ]);
  const rank = ({ person, screen }: Lookable) =>
    person.isSelf ? 3 : person.role === 'patient' || person.role === 'delegate' ? 0 : screen ? 1 : 2;
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
