import type { LucideIcon } from '@lucide/svelte';
import type { Sex } from '../person-text.ts';

/** What the clinic's frame needs to draw itself; the layout's load makes it. */
export interface ShellView {
  person: { id: string; name: string; role: 'owner' | 'dentist' | 'expert' | 'nurse' | 'receptionist' };
  /** Clinic or hospital, in the reader's language. */
  place: string;
  /** Organisations the person works in, to switch between; empty where it is one. */
  places: readonly { memberId: string; label: string; here: boolean }[];
  /** IANA zone to show times in. */
  zone: string;
  /** The server's time when the page was drawn, ms since 1970. */
  startMs: number;
  /** Consults that wait for this person; 0 shows no figure. */
  consultsWaiting: number;
}

export interface NavItem {
  href: string;
  label: string;
  icon: LucideIcon;
  count?: number;
}

/** GET /api/notifications answers a list of these, newest first; the SSE event `notification` carries one. */
export interface NotificationView {
  id: string;
  kind: string;
  title: string;
  body: string;
  href: string | null;
  /** ISO instant */
  at: string;
  read: boolean;
}

/** GET /api/search?q= */
export interface SearchView {
  patients: { id: string; name: string; number: string; sex: Sex; birthDate: string }[];
  consults: { id: string; title: string }[];
}

/** True where `href` is the page or one above it: /patients for /patients/42. The first page is only itself. */
export function isHere(href: string, path: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}
