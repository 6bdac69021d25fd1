import { m } from '#lib/paraglide/messages.js';
import { relations, type DelegateScope, type Relation } from './delegate.ts';

const words: Record<Relation, () => string> = {
  daughter: m.patients_relation_daughter,
  son: m.patients_relation_son,
  spouse: m.patients_relation_spouse,
  parent: m.patients_relation_parent,
  grandchild: m.patients_relation_grandchild,
  sibling: m.patients_relation_sibling,
  guardian: m.patients_relation_guardian,
  carer: m.patients_relation_carer,
  interpreter: m.patients_relation_interpreter,
  other: m.patients_relation_other
};

/** What somebody is to the patient; a word of a newer version is shown as it is. */
export function relationText(relation: string): string {
  return (relations as readonly string[]).includes(relation) ? words[relation as Relation]() : relation;
}

export const scopeWords: Record<DelegateScope, () => string> = {
  join: m.patients_delegate_scope_join,
  times: m.patients_delegate_scope_times
};
