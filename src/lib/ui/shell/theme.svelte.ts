export const themes = ['light', 'dark', 'system'] as const;
export type Theme = (typeof themes)[number];

const yearSeconds = 31_536_000;
let chosen = $state<Theme>('system');

/** The chosen theme, kept in a cookie so that the server draws the first page in it. */
export const theme = {
  get value(): Theme {
    return chosen;
  },
  /** Reads what the server drew; once, in the browser. */
  start(): void {
    const drawn = document.documentElement.dataset.theme;
    chosen = drawn === 'light' || drawn === 'dark' ? drawn : 'system';
  },
  set(next: Theme): void {
    chosen = next;
    document.documentElement.dataset.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=${yearSeconds}; samesite=lax`;
  }
};
