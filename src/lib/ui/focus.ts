/**
 * Where focus goes when a window opens: what is marked `autofocus`, else the first field, else the window itself – never
 * its close button. On a touch screen a field is not focused by itself: the keyboard would hide half of the window.
 */
export function focusInside(event: Event, window: () => HTMLElement | null): void {
  event.preventDefault();
  // A frame later: the fields are there and the opening press is over.
  requestAnimationFrame(() => {
    const box = window();
    if (!box || box.contains(document.activeElement)) return;
    const marked = box.querySelector<HTMLElement>('[autofocus]');
    const touch = matchMedia('(pointer: coarse)').matches;
    const field = touch
      ? null
      : box.querySelector<HTMLElement>(
          'input:not([type=hidden], :disabled), textarea:not(:disabled), select:not(:disabled)'
        );
    (marked ?? field ?? box).focus({ preventScroll: true });
  });
}
