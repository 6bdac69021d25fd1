import { imageLabel, type ImageView } from '#lib/features/imaging/index.ts';
import { m } from '#lib/paraglide/messages.js';
import type { GrantItem, GrantKind } from './consult.ts';
import { wholeKinds } from './grant.ts';

/** What the words of an item are made of: the record as its viewer reads it. */
export interface GrantRecord {
  images: readonly ImageView[];
  notes: readonly { id: string; text: string }[];
}

const kinds: Record<GrantKind, () => string> = {
  identity: m.consults_ask_share_identity,
  allergies: m.consults_ask_share_allergies,
  conditions: m.consults_ask_share_conditions,
  medications: m.consults_ask_share_medications,
  chart: m.consults_ask_share_chart,
  plan: m.consults_ask_share_plan,
  image: m.consults_grant_image,
  note: m.consults_grant_note
};
const noteLength = 40;

/** One thing that is open, as a person calls it: "Periapical · tooth 36 2026-11-02", "Allergies". */
export function grantItemText({ kind, itemId }: GrantItem, record: GrantRecord | null): string {
  const image = kind === 'image' ? record?.images.find(({ id }) => id === itemId) : undefined;
  if (image) return [imageLabel(image), image.takenAt?.slice(0, 10)].filter(Boolean).join(' ');
  const note = kind === 'note' ? record?.notes.find(({ id }) => id === itemId) : undefined;
  if (note)
    return `${kinds.note()} · ${note.text.length > noteLength ? `${note.text.slice(0, noteLength)}…` : note.text}`;
  return kinds[kind]();
}

/** Tells one thing from another. */
export const keyOf = ({ kind, itemId }: GrantItem) => `${kind}:${itemId ?? ''}`;

/** Everything of a record that can be opened beside who the patient is. */
export function grantChoices(record: GrantRecord | null): GrantItem[] {
  return [
    ...wholeKinds.map((kind) => ({ kind, itemId: null })),
    ...(record?.images ?? [])
      .filter((image) => !image.withdrawn)
      .map(({ id }) => ({ kind: 'image' as const, itemId: id })),
    ...(record?.notes ?? []).map(({ id }) => ({ kind: 'note' as const, itemId: id }))
  ];
}
