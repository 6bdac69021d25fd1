import { m } from '#lib/paraglide/messages.js';
import type { GlassCategory } from './break-glass.ts';

const categories: Record<GlassCategory, () => string> = {
  emergency: m.consults_glass_emergency,
  complication: m.consults_glass_complication,
  safety: m.consults_glass_safety,
  other: m.consults_glass_other
};

export function glassCategoryText(category: GlassCategory): string {
  return categories[category]();
}
