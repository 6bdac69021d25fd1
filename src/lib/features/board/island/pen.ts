import { atom } from '@tldraw/state';
import type { Editor } from 'tldraw';
import { penGuard } from './palm.ts';
import type { PenUse } from './types.ts';

export interface PenInput {
  /** Null: no pen is in use. Tracked. */
  use(): PenUse | null;
  /** Whether fingers draw too while a pen is in use; a hand that rests beside the pen never does. */
  setPenOnly(on: boolean): void;
  destroy(): void;
}

const phases = {
  pointerdown: 'down',
  pointermove: 'move',
  pointerup: 'up',
  pointercancel: 'up'
} as const;

/**
 * [BI-25] Stands before tldraw: what palm.ts drops never gets there. tldraw's own pen mode shuts out the mouse too, never
 * ends, and takes a pen and a palm for a pinch; it is kept for what it does well, fingers that pinch and do not draw.
 * Call it before React listens on `element`.
 */
export function watchPen(element: HTMLElement, editorOf: () => Editor | null): PenInput {
  const guard = penGuard();
  const use = atom<PenUse | null>('pen', null);
  const places = new Map<number, PointerEvent>();
  let isPenOnly = true;
  let isEnding = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Told as the pen comes, looked at again when it could have gone. */
  const tell = (): void => {
    clearTimeout(timer);
    const leftMs = guard.inUseForMs(performance.now());
    use.set(leftMs === 0 ? null : isPenOnly ? 'pen-only' : 'pen-and-touch');
    if (leftMs > 0) timer = setTimeout(tell, leftMs);
  };

  /** The pen has come down beside a hand: what that hand began is no work of anybody's. */
  const end = (ids: readonly number[]): void => {
    const editor = editorOf();
    if (editor) {
      // The first one has tldraw catch up with moves it put off; a stroke in motion would heed none.
      editor.interrupt();
      editor.inputs.isDragging = false;
      editor.interrupt();
    }
    isEnding = true;
    for (const id of ids) {
      const last = places.get(id);
      const { clientX = 0, clientY = 0 } = last ?? {};
      const place = { clientX, clientY, screenX: last?.screenX ?? 0, screenY: last?.screenY ?? 0 };
      last?.target?.dispatchEvent(
        new PointerEvent('pointerup', { ...place, pointerId: id, pointerType: 'touch', bubbles: true })
      );
      places.delete(id);
    }
    isEnding = false;
    // It ends a pinch a frame later, and hears of no pen until then.
    if (editor?.inputs.isPinching) {
      const at = { x: 0, y: 0, z: editor.getZoomLevel() };
      const keys = { shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, accelKey: false };
      editor.dispatch({ type: 'pinch', name: 'pinch_end', point: at, delta: at, ...keys });
    }
  };

  const onPointer = (event: PointerEvent): void => {
    if (isEnding) return;
    const { pointerId: id, pointerType: type } = event;
    const phase = phases[event.type as keyof typeof phases];
    const { drop, ended } = guard.judge({ id, type, phase, atMs: performance.now() });
    if (drop) return event.stopImmediatePropagation();
    if (type === 'touch') {
      if (phase === 'up') places.delete(id);
      else places.set(id, event);
    }
    if (ended.length) end(ended);
    if (type === 'pen') tell();
    const editor = editorOf();
    if (!editor) return;
    // Who may not write draws with nothing: their fingers stay free.
    const isShutOut = type === 'touch' && use.get() === 'pen-only' && !editor.getIsReadonly();
    const isPenMode = type === 'pen' || isShutOut;
    if (editor.getInstanceState().isPenMode !== isPenMode) editor.updateInstanceState({ isPenMode });
  };
  for (const name of Object.keys(phases) as (keyof typeof phases)[])
    element.addEventListener(name, onPointer, { capture: true });

  return {
    use: () => use.get(),
    setPenOnly(on) {
      isPenOnly = on;
      tell();
    },
    destroy() {
      clearTimeout(timer);
      for (const name of Object.keys(phases) as (keyof typeof phases)[])
        element.removeEventListener(name, onPointer, { capture: true });
    }
  };
}
