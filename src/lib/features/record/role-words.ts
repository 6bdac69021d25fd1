import { roleText } from '#lib/ui/shell/role-text.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { RoleView } from './permissions.ts';

export function roleName({
  builtIn,
  base,
  name,
  nameEn
}: Pick<RoleView, 'builtIn' | 'base' | 'name' | 'nameEn'>): string {
  if (builtIn) return roleText(base);
  return getLocale() === 'en' ? nameEn : name;
}
