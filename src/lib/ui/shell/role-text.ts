import { m } from '#lib/paraglide/messages.js';
import type { ShellView } from './shell.ts';

type Role = ShellView['person']['role'];

const texts: Record<Role, () => string> = {
  owner: m.common_role_owner,
  dentist: m.common_role_dentist,
  expert: m.common_role_expert,
  nurse: m.common_role_nurse,
  receptionist: m.common_role_receptionist
};

/** The word for a role; something else (a title somebody typed) reads as it is. */
export function roleText(role: string): string {
  return role in texts ? texts[role as Role]() : role;
}
