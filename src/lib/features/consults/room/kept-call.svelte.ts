import type { CallController } from './call/index.ts';

/** A call that goes on while its person looks at other pages of the app. */
export interface KeptCall {
  consultId: string;
  call: CallController;
}

let kept = $state.raw<KeptCall | null>(null);

/** [CALL-34] One call a tab at most; it belongs to the tab, not to a page. */
export const keptCall = {
  get now(): KeptCall | null {
    return kept;
  },

  /** Its room is left by a way that does not leave the call. */
  keep(one: KeptCall): void {
    if (kept && kept.call !== one.call) kept.call.destroy();
    kept = one;
  },

  /** Back into its room; another consult's call ends: nobody sits in two. */
  take(consultId: string): CallController | null {
    const { call } = kept?.consultId === consultId ? kept : { call: null };
    if (!call) this.drop();
    kept = null;
    return call;
  },

  /** End it: the person signed out, or it is over. */
  drop(): void {
    kept?.call.destroy();
    kept = null;
  }
};
