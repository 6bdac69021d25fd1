import type { LucideIcon } from '@lucide/svelte';

/** One line of a Menu: an act, a link, a mark to set, a heading or a rule between groups. */
export type MenuItem =
  | {
      kind?: 'item';
      label: string;
      hint?: string;
      icon?: LucideIcon;
      keys?: string;
      danger?: boolean;
      disabled?: boolean;
      href?: string;
      onselect?: () => void;
    }
  | {
      kind: 'check';
      label: string;
      checked: boolean;
      disabled?: boolean;
      onselect: (checked: boolean) => void;
    }
  | { kind: 'heading'; label: string }
  | { kind: 'rule' };
