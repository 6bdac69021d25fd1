import type { MemberActor, MemberRole } from './actor.ts';

/**
 * Something a role may or may not do that an organisation can change for its own roles. Declared once, beside the
 * policy that asks it with `holds`; the table of permissions offers what it finds declared.
 */
export interface Right {
  readonly name: `${string}:${string}`;
  /** Roles that have it where nothing was changed. */
  readonly usual: readonly MemberRole[];
  /** The ceiling: roles that can have it at all. What the law ties to a licence is given to no other by data. */
  readonly most: readonly MemberRole[];
  /** The floor: roles it is never taken from. */
  readonly least: readonly MemberRole[];
}

/** @param limits `most` is `usual` and `least` nobody where left out */
export function right(
  name: Right['name'],
  limits: Pick<Right, 'usual'> & Partial<Pick<Right, 'most' | 'least'>>
): Right {
  return { name, most: limits.usual, least: [], ...limits };
}

/** [ID-36] Whether a role has the right, with what its organisation changed: within the ceiling, above the floor. */
export function holds({ role, rights }: Pick<MemberActor, 'role' | 'rights'>, asked: Right): boolean {
  if (!asked.most.includes(role)) return false;
  if (asked.least.includes(role)) return true;
  return rights?.[asked.name] ?? asked.usual.includes(role);
}
