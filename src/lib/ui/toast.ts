import { toast as sonner } from 'svelte-sonner';
import { m } from '#lib/paraglide/messages.js';

interface ToastOptions {
  /** A second, quieter line. */
  detail?: string;
  /** Takes the act back. Shown as "撤销"; the toast then stays 8 s. */
  undo?: () => void | Promise<void>;
  /** One act other than undo. */
  action?: { label: string; run: () => void };
  /** Replaces an earlier toast with the same id. */
  id?: string;
  /** Milliseconds; Infinity stays until closed. */
  durationMs?: number;
}

const shortMs = 4_000;
const longMs = 8_000;

function options({ detail, undo, action, id, durationMs }: ToastOptions, restMs: number) {
  const act = undo ? { label: m.common_undo(), run: () => void undo() } : action;
  return {
    id,
    description: detail,
    duration: durationMs ?? (act ? longMs : restMs),
    action: act ? { label: act.label, onClick: act.run } : undefined
  };
}

/** Short news in the corner. What a person must act on belongs on the page (Alert), not here. */
export const toast = {
  ok: (text: string, more: ToastOptions = {}) => sonner.success(text, options(more, shortMs)),
  info: (text: string, more: ToastOptions = {}) => sonner.info(text, options(more, shortMs)),
  warn: (text: string, more: ToastOptions = {}) => sonner.warning(text, options(more, longMs)),
  error: (text: string, more: ToastOptions = {}) => sonner.error(text, options(more, longMs)),
  dismiss: (id?: string | number) => sonner.dismiss(id)
};
