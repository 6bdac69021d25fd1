import { newId } from '#lib/kernel/ids.ts';
import { api } from '#lib/ui/api.ts';
import { Autosave } from '#lib/ui/autosave.svelte.ts';
import type { ConsultMode, Specialty, Urgency } from './consult.ts';
import type { AskInput, DraftContent } from './schema.ts';
import type { ExpertChoice } from './views.ts';

/** What of the record the question is about, as the patient page has it. */
export interface AskRecord {
  patientId: string;
  /** Teeth marked as needing treatment, latest first. */
  teeth: string[];
  images: { id: string; teeth: string[]; takenAt: string | null }[];
  notes: { id: string; teeth: string[] }[];
  has: { allergies: boolean; conditions: boolean; medications: boolean; plan: boolean };
}

export type ShareKey =
  'allergies' | 'conditions' | 'medications' | 'chart' | 'plan' | `image:${string}` | `note:${string}`;

/**
 * The state of "Ask an expert": everything chosen already, everything to be changed, kept on the server while
 * it is typed.
 */
export class AskController {
  teeth = $state<string[]>([]);
  question = $state('');
  target = $state<AskInput['target'] | null>(null);
  urgency = $state<Urgency>('soon');
  mode = $state<ConsultMode>('live');
  slotAt = $state<string | null>(null);
  /** What the dentist ticked off, of all that was chosen for them; and on, of what was not. */
  changed = $state<Partial<Record<ShareKey, boolean>>>({});

  readonly record: AskRecord;
  readonly experts: ExpertChoice[];
  /** Of the consult to be: sent again, it is the same one. */
  readonly #id = newId();
  readonly #kept = new Autosave(({ keepalive }) =>
    api('PUT', '/api/drafts', { patientId: this.record.patientId, content: this.#draft() }, { keepalive })
  );

  constructor(record: AskRecord, experts: ExpertChoice[], draft: DraftContent | null) {
    this.record = record;
    this.experts = experts;
    this.teeth = draft?.teeth ?? record.teeth.slice(0, 1);
    this.question = draft?.question ?? '';
    this.target = draft?.target ?? null;
    this.urgency = draft?.urgency ?? 'soon';
    this.mode = draft?.mode ?? 'live';
    this.slotAt = draft?.slotAt ?? null;
    for (const key of draft?.unshared ?? [])
      this.changed[key.replace(/^[+-]/, '') as ShareKey] = key.startsWith('+');
  }

  /** Ticked: by the person, else as suggested. */
  isShared(key: ShareKey): boolean {
    return this.changed[key] ?? this.suggested(key);
  }

  /** What an expert would ask for: the chart, the safety facts, pictures and notes of the tooth in question. */
  suggested(key: ShareKey): boolean {
    if (key === 'allergies' || key === 'conditions' || key === 'medications' || key === 'chart') return true;
    if (key === 'plan') return this.record.has.plan;
    const id = key.slice(key.indexOf(':') + 1);
    if (key.startsWith('note:')) {
      const note = this.record.notes.find((one) => one.id === id);
      return note !== undefined && note.teeth.some((tooth) => this.teeth.includes(tooth));
    }
    const image = this.record.images.find((one) => one.id === id);
    // A picture without named teeth (a panoramic, a ceph) shows them all; the newest such one is enough.
    if (!image) return false;
    if (image.teeth.length > 0) return image.teeth.some((tooth) => this.teeth.includes(tooth));
    return this.record.images.find((one) => one.teeth.length === 0)?.id === id;
  }

  share(key: ShareKey, on: boolean): void {
    this.changed[key] = on;
    this.touched();
  }

  /** What still has to be given before it can be sent. */
  get missing(): 'target' | 'question' | 'slot' | null {
    if (!this.target) return 'target';
    if (!this.question.trim()) return 'question';
    return this.mode === 'scheduled' && !this.slotAt ? 'slot' : null;
  }

  get saved() {
    return this.#kept.state;
  }

  /** Something changed: keep it soon. */
  touched(): void {
    this.#kept.touched();
  }

  /** The tab is going away. */
  flush(): void {
    this.#kept.flush();
  }

  async discard(): Promise<void> {
    await this.#kept.stop();
    await api('DELETE', `/api/drafts?patient=${this.record.patientId}`);
  }

  async send(): Promise<{ id: string; number: string }> {
    if (!this.target) throw new Error('no target chosen');
    // Sent, the draft is gone: a save that came later would bring it back.
    await this.#kept.stop();
    const shared = (key: ShareKey) => this.isShared(key);
    const { images, notes, patientId } = this.record;
    const input: AskInput = {
      id: this.#id,
      patientId,
      teeth: this.teeth,
      question: this.question,
      target: this.target,
      urgency: this.urgency,
      mode: this.mode,
      slotAt: this.mode === 'scheduled' ? this.slotAt : null,
      share: {
        imageIds: images.map(({ id }) => id).filter((id) => shared(`image:${id}`)),
        noteIds: notes.map(({ id }) => id).filter((id) => shared(`note:${id}`)),
        allergies: shared('allergies'),
        conditions: shared('conditions'),
        medications: shared('medications'),
        chart: shared('chart'),
        plan: shared('plan')
      }
    };
    try {
      return await api('POST', '/api/consults', input);
    } catch (error) {
      this.touched();
      throw error;
    }
  }

  #draft(): DraftContent {
    return {
      teeth: this.teeth,
      question: this.question,
      target: this.target,
      urgency: this.urgency,
      mode: this.mode,
      slotAt: this.slotAt,
      unshared: Object.entries(this.changed).map(([key, on]) => `${on ? '+' : '-'}${key}`)
    };
  }
}

/** A target as a select's value, and back. */
export function targetKey(target: AskInput['target'] | null): string {
  if (!target) return '';
  return target.kind === 'expert'
    ? `expert:${target.expertId}`
    : `any:${target.organisationId}:${target.specialty}`;
}

export function targetOf(key: string): AskInput['target'] | null {
  const [kind, first, second] = key.split(':');
  if (kind === 'expert' && first) return { kind: 'expert', expertId: first };
  if (kind === 'any' && first && second)
    return { kind: 'specialty', organisationId: first, specialty: second as Specialty };
  return null;
}
