import { m } from '#lib/paraglide/messages.js';
import type { VisitMessageView } from '../views.ts';
import type { VisitMessageKind } from '../waiting.ts';
import { learnTitle } from './learn-words.ts';

/** [CN-31] The ready texts, as the patient reads them. */
export const toldWords: Record<Exclude<VisitMessageKind, 'read' | 'own'>, () => string> = {
  soon: m.visit_told_soon,
  delayed: m.visit_told_delayed,
  papers: m.visit_told_papers,
  mouth: m.visit_told_mouth,
  quiet: m.visit_told_quiet,
  call: m.visit_told_call
};

export function toldText({ kind, text, topic }: Pick<VisitMessageView, 'kind' | 'text' | 'topic'>): string {
  if (kind === 'own') return text;
  return kind === 'read' ? m.visit_told_read({ title: topic ? learnTitle(topic) : '' }) : toldWords[kind]();
}
