import type { GreyWindow } from './image.ts';
import type { Point } from './measure.ts';
import type { Mark, ViewerState } from './viewer.svelte.ts';

/** How near a finger or a pointer must come to a mark's end to take it, CSS pixels. */
const reachOf = (type: string): number => (type === 'touch' ? 24 : 12);

type Held =
  | { act: 'window'; from: Point; start: GreyWindow }
  | { act: 'pan'; last: Point }
  | { act: 'mark' }
  | { act: 'handle'; handle: { mark: Mark; index: number } };

/**
 * Pointer, wheel and pinch on the drawing area. One pointer does what the tool says; the middle or right
 * button, the space bar or two fingers always pan and zoom.
 */
export function pointerInput(options: {
  state: ViewerState;
  area: () => HTMLElement;
  onmark: (mark: Mark) => void;
  spaceHeld: () => boolean;
}) {
  const { state, area, onmark, spaceHeld } = options;
  const pointers = new Map<number, Point>();
  let held: Held | null = null;
  let pinch: { distance: number; middle: Point } | null = null;

  const at = (event: { clientX: number; clientY: number }): Point => {
    const box = area().getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()] as [Point, Point];
    return { distance: Math.hypot(a.x - b.x, a.y - b.y), middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  };

  function begin(point: Point, event: PointerEvent): Held {
    if (event.button > 0 || spaceHeld() || state.tool === 'pan') return { act: 'pan', last: point };
    if (state.tool === 'window') {
      const handle = state.handleAt(point, reachOf(event.pointerType));
      return handle ? { act: 'handle', handle } : { act: 'window', from: point, start: state.window };
    }
    const handle = state.open ? null : state.handleAt(point, reachOf(event.pointerType));
    if (handle) return { act: 'handle', handle };
    state.press(point);
    return { act: 'mark' };
  }

  return {
    down(event: PointerEvent): void {
      if (!state.frame) return;
      area().setPointerCapture(event.pointerId);
      const point = at(event);
      pointers.set(event.pointerId, point);
      if (pointers.size === 2) {
        held = null;
        state.open = null;
        pinch = spread();
      } else if (pointers.size === 1) held = begin(point, event);
    },
    move(event: PointerEvent): void {
      const point = at(event);
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
      if (pinch && pointers.size === 2) {
        const now = spread();
        state.zoomBy(now.distance / Math.max(1, pinch.distance), pinch.middle);
        state.panBy(now.middle.x - pinch.middle.x, now.middle.y - pinch.middle.y);
        pinch = now;
        return;
      }
      switch (held?.act) {
        case 'window':
          return state.dragWindow(held.start, point.x - held.from.x, point.y - held.from.y);
        case 'pan':
          state.panBy(point.x - held.last.x, point.y - held.last.y);
          held.last = point;
          return;
        case 'handle':
          return state.movePoint(held.handle, point);
        case 'mark':
        case undefined:
          return state.follow(point);
      }
    },
    up(event: PointerEvent): void {
      pointers.delete(event.pointerId);
      if (pointers.size < 2) pinch = null;
      if (held?.act === 'mark') {
        const done = state.release();
        if (done) onmark(done);
      }
      held = null;
    },
    cancel(event: PointerEvent): void {
      pointers.delete(event.pointerId);
      pinch = null;
      held = null;
    },
    wheel(event: WheelEvent): void {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      state.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), at(event));
    }
  };
}

/** @returns true where the key meant something here */
export function keyInput(state: ViewerState, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey) return false;
  const step = 60;
  const arrows: Record<string, [number, number]> = {
    ArrowLeft: [step, 0],
    ArrowRight: [-step, 0],
    ArrowUp: [0, step],
    ArrowDown: [0, -step]
  };
  const arrow = arrows[event.key];
  if (arrow) {
    // With Shift the arrows window: sideways the width, up and down the level.
    if (event.shiftKey) state.dragWindow(state.window, -arrow[0] / 2, -arrow[1] / 2);
    else state.panBy(...arrow);
    return true;
  }
  const acts: Record<string, () => void> = {
    w: () => (state.tool = 'window'),
    p: () => (state.tool = 'pan'),
    l: () => (state.tool = 'length'),
    a: () => (state.tool = 'angle'),
    i: () => (state.invert = !state.invert),
    r: () => state.turn(),
    f: () => (state.flip = !state.flip),
    '+': state.zoomIn,
    '=': state.zoomIn,
    '-': state.zoomOut,
    '0': () => state.fit(),
    '1': () => state.actual(devicePixelRatio),
    ',': state.previousFrame,
    '.': state.nextFrame,
    Backspace: () => state.undoMark(),
    Delete: () => state.undoMark()
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  act?.();
  return act !== undefined;
}
