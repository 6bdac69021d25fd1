import { applyAction } from '$app/forms';
import { invalidateAll } from '$app/navigation';
import type { ActionResult, SubmitFunction } from '@sveltejs/kit';

interface FormOptions {
  /** After the server took it. Return false to skip the default (reload the page's data, or go where it redirects). */
  onsuccess?: (
    result: Extract<ActionResult, { type: 'success' | 'redirect' }>
  ) => void | boolean | Promise<void | boolean>;
  /** The server refused (`fail(status, { code })`) or could not be reached (`code: 'unreachable'`). */
  onrefused?: (code: string, detail: Record<string, unknown>) => void;
}

/**
 * A form sent without leaving the page that never empties itself: `const form = sending()`, then
 * `<form method="post" use:enhance={form.submit}>` and `<Button type="submit" loading={form.busy}>`.
 * A second press while one is under way is dropped.
 */
export function sending(options: FormOptions = {}) {
  let busy = $state(false);
  let code = $state<string | null>(null);
  let detail = $state<Record<string, unknown>>({});

  const submit: SubmitFunction = ({ cancel }) => {
    if (busy) return cancel();
    busy = true;
    code = null;
    return async ({ result }) => {
      try {
        if (result.type === 'failure' || result.type === 'error') {
          // A thrown error with a status came from the server; without one the line is down.
          const told =
            result.type === 'failure' ? result.data : (result.error as Record<string, unknown> | undefined);
          detail = told ?? {};
          code = typeof told?.code === 'string' ? told.code : result.status ? 'internal' : 'unreachable';
          options.onrefused?.(code, detail);
          if (result.type === 'failure') await applyAction(result);
          return;
        }
        const goOn = await options.onsuccess?.(result);
        if (goOn === false) return;
        if (result.type === 'redirect') await applyAction(result);
        else {
          await invalidateAll();
          await applyAction(result);
        }
      } finally {
        busy = false;
      }
    };
  };

  return {
    submit,
    get busy() {
      return busy;
    },
    /** Error code of the last try, null while none or under way; `errorText` makes words of it. */
    get code() {
      return code;
    },
    get detail() {
      return detail;
    },
    clear() {
      code = null;
    }
  };
}
