import type { LucideIcon } from '@lucide/svelte';

/** Something that can be done about a tooth (FDI), offered by who shows the chart. */
export interface ToothAct {
  label: string;
  icon: LucideIcon;
  run: (tooth: string) => void;
}
