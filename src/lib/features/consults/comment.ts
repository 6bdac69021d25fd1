/** What is said at a pin of the board: threads, and who is meant in them. Pure. */

export const maxCommentLength = 2_000;
/** A step in a thread: something said, or the thread set to done or taken up again. */
export const threadSteps = ['comment', 'resolve', 'reopen'] as const;
export type ThreadStep = (typeof threadSteps)[number];

/** Somebody who can be meant with `@name`. */
export interface RoomPerson {
  id: string;
  name: string;
}

export interface TextPart {
  text: string;
  /** Set where this part is `@name`. */
  person: RoomPerson | null;
}

/** Text cut at every `@name` of these people. The longest name wins: `@李明华` does not mean 李明. */
export function partsOf(text: string, people: readonly RoomPerson[]): TextPart[] {
  const named = people.filter(({ name }) => name).sort((a, b) => b.name.length - a.name.length);
  const parts: TextPart[] = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const person = text[at] === '@' ? named.find(({ name }) => text.startsWith(name, at + 1)) : undefined;
    if (!person) {
      plain += text[at++];
      continue;
    }
    if (plain) parts.push({ text: plain, person: null });
    plain = '';
    parts.push({ text: `@${person.name}`, person });
    at += 1 + person.name.length;
  }
  if (plain) parts.push({ text: plain, person: null });
  return parts;
}

/** [CN-13] Ids of everyone meant in a text; of two with the same name, both. */
export function mentionsIn(text: string, people: readonly RoomPerson[]): string[] {
  const names = new Set(partsOf(text, people).flatMap(({ person }) => (person ? [person.name] : [])));
  return [...new Set(people.filter(({ name }) => names.has(name)).map(({ id }) => id))];
}

/** What is being typed after an `@` at the caret: where the `@` stands, and what follows; null where nothing is. */
export function mentionAt(text: string, caret: number): { from: number; query: string } | null {
  const from = text.lastIndexOf('@', caret - 1);
  if (from < 0 || caret <= from) return null;
  const query = text.slice(from + 1, caret);
  return query.length > 20 || /\s/.test(query) ? null : { from, query };
}

/** The text with a chosen person put in place of what was typed, and where the caret goes. */
export function putMention(
  text: string,
  { from, query }: { from: number; query: string },
  name: string
): { text: string; caret: number } {
  const put = `@${name} `;
  return { text: text.slice(0, from) + put + text.slice(from + 1 + query.length), caret: from + put.length };
}

export interface CommentView {
  id: string;
  step: ThreadStep;
  /** Empty for a step that says nothing, and where it was deleted. */
  text: string;
  authorId: string;
  authorName: string;
  at: Date;
  editedAt: Date | null;
  deleted: boolean;
  mentions: string[];
}

/** All that was said at one pin. */
export interface ThreadView {
  /** The pin's shape on the board. */
  shapeId: string;
  /** As it stood when something was last said here: the pin itself may be gone. */
  number: number;
  tooth: string;
  /** Oldest first. */
  steps: CommentView[];
  resolved: boolean;
}

/** Steps, oldest first, as threads: the one where something happened last comes first. */
export function threadsOf(
  steps: readonly (CommentView & { shapeId: string; number: number; tooth: string })[]
): ThreadView[] {
  const threads = new Map<string, ThreadView>();
  for (const { shapeId, number, tooth, ...step } of steps) {
    const thread = threads.get(shapeId) ?? { shapeId, number, tooth, steps: [], resolved: false };
    thread.steps.push(step);
    Object.assign(thread, { number, tooth });
    // Something said after it was done takes it up again; not where it was taken back.
    if (!step.deleted) thread.resolved = step.step === 'resolve';
    threads.delete(shapeId);
    threads.set(shapeId, thread);
  }
  // Where everything was taken back there is nothing to read.
  return [...threads.values()]
    .filter(({ steps }) => steps.some(({ step, deleted }) => step === 'comment' && !deleted))
    .reverse();
}

export type ThreadFilter = 'open' | 'resolved' | 'mine';

/** `mine`: where this person wrote, or is meant. */
export function threadMatches(thread: ThreadView, filter: ThreadFilter, userId: string): boolean {
  switch (filter) {
    case 'open':
      return !thread.resolved;
    case 'resolved':
      return thread.resolved;
    case 'mine':
      return thread.steps.some((step) => step.authorId === userId || step.mentions.includes(userId));
  }
}
