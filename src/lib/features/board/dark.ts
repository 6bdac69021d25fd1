/** The nearest place that says which theme it is in: the board may stand in a dark room of a light page. */
export function isDarkAt(element: Element | undefined): boolean {
  const theme = element?.closest('[data-theme]')?.getAttribute('data-theme');
  if (theme === 'dark' || theme === 'light') return theme === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}
