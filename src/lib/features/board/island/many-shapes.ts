import { atom, computed, isUninitialized, react, unsafe__withoutCapture } from '@tldraw/state';
import type { Box, Editor, TLShape, TLShapeId } from 'tldraw';
import { type Nearby, isAtRest, isInPage, moved, placed, stepped } from './nearby.ts';

/** A board of at most so many shapes is in the page whole; of a larger one at most so many that are out of sight. */
const fewShapes = 500;
/** How far beyond the view shapes are in the page, as a part of its larger side. */
const margin = 0.25;
/** Shapes that were moved are looked at again after so long, milliseconds. */
const lookMs = 200;

/**
 * [BI-28] tldraw keeps an element and several reactions in the page for every shape, and has each look at every step
 * of the camera whether it is in sight. Here only what is near the view is in the page. Images and the chart stay:
 * they take time to load. To be called before anything is drawn.
 */
export function showNearby(editor: Editor): void {
  const plain = editor.getRenderingShapes.bind(editor);
  const boxes = boxesOf(editor);
  const area = computed<Box>('drawn area', (before) => {
    const view = editor.getViewportPageBounds();
    const isNear = !isUninitialized(before) && before.contains(view) && before.w < view.w * 3;
    return isNear ? before : view.clone().expandBy(margin * Math.max(view.w, view.h));
  });
  const farNow = (): Set<TLShapeId> => boxes.beyond(area.get());
  const nearby = atom<Nearby<TLShapeId>>(
    'nearby',
    unsafe__withoutCapture(() => placed([...editor.getCurrentPageShapeIds()], farNow(), fewShapes))
  );
  const far = computed('far shapes', () => nearby.get().far);
  const inHand = computed(
    'in hand',
    () => new Set([editor.getEditingShapeId(), ...editor.getSelectedShapeIds()])
  );
  const rendering = computed('rendering shapes nearby', () => {
    const now = nearby.get();
    const held = inHand.get();
    return plain().filter(
      ({ id, shape: { type } }) =>
        type === 'xray' || type === 'odontogram' || held.has(id) || isInPage(now, id)
    );
  });
  const culled = computed<Set<TLShapeId>>('culled shapes', () => {
    const ids = new Set(far.get());
    for (const id of inHand.get()) if (id) ids.delete(id);
    return ids;
  });
  editor.getRenderingShapes = () => rendering.get();
  editor.getCulledShapes = () => culled.get();

  const step = stepper((most) => {
    const before = nearby.get();
    // What is out of sight can wait until nothing moves.
    if (!before.waiting.size && editor.getCameraState() === 'moving') return 'later';
    // The more there is, the longer each step takes by itself: fewer and larger ones then.
    const least = inPage() ** 2 / largeStep;
    nearby.set(stepped(before, { most: Math.max(most, least), kept: fewShapes }));
    return isAtRest(nearby.get(), fewShapes) ? 'done' : 'more';
  });
  const inPage = (): number => {
    const { far, waiting, lingering } = nearby.get();
    return editor.getCurrentPageShapeIds().size - waiting.size - far.size + lingering.size;
  };
  const look = (): void => {
    const found = farNow();
    if (isSame(found, nearby.get().far)) return;
    nearby.set(moved(nearby.get(), found));
    step.start();
  };
  const stopBoxes = boxes.watch(look);
  const stopArea = react('view has left the drawn area', () => {
    area.get();
    unsafe__withoutCapture(look);
  });
  const stopZoom = tellZoomApart(editor);
  step.start();
  editor.disposables.add(() => {
    step.stop();
    stopZoom();
    stopBoxes();
    stopArea();
  });
}

/** Every stroke asks for the zoom, and would be looked at anew at each step of the camera: it hears when the zoom changes. */
function tellZoomApart(editor: Editor): () => void {
  const zoom = atom('zoom', editor.getCamera().z);
  editor.getZoomLevel = () => {
    zoom.get();
    return unsafe__withoutCapture(() => editor.getCamera().z);
  };
  return react('zoom changes', () => void zoom.set(editor.getCamera().z));
}

/** Where each shape lies: kept here, for asking the editor of ten thousand takes longer than a frame. */
function boxesOf(editor: Editor) {
  const boxes = new Map<TLShapeId, Box | undefined>();
  const put = (id: TLShapeId): void => void boxes.set(id, editor.getShapePageBounds(id));
  /** What lies on a shape goes with it, and so do the arrows tied to it. */
  const putAll = (id: TLShapeId): void => {
    put(id);
    editor.visitDescendants(id, (child) => put(child));
    for (const { fromId } of editor.getBindingsToShape(id, 'arrow')) put(fromId);
  };
  unsafe__withoutCapture(() => editor.getCurrentPageShapeIds().forEach(put));
  return {
    beyond: (area: Box) =>
      new Set(
        [...boxes.keys()].filter((id) => {
          const box = boxes.get(id);
          return !box || !area.includes(box);
        })
      ),
    /** Calls `onChange` some time after shapes were drawn, moved or removed. @returns what ends it */
    watch(onChange: () => void): () => void {
      const touched = new Set<TLShapeId>();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const look = (): void => {
        timer = undefined;
        for (const id of touched) {
          if (editor.getShape(id)) putAll(id);
          else boxes.delete(id);
        }
        touched.clear();
        onChange();
      };
      const stop = editor.store.listen(
        ({ changes: { added, updated, removed } }) => {
          for (const part of [added, updated, removed])
            for (const id of Object.keys(part)) if (id.startsWith('shape:')) touched.add(id as TLShape['id']);
          if (touched.size) timer ??= setTimeout(look, lookMs);
        },
        { scope: 'document' }
      );
      return () => {
        clearTimeout(timer);
        stop();
      };
    }
  };
}

/** With 10,000 shapes in the page a step brings 1,700; with 800 it is as small as it would be anyway. */
const largeStep = 60_000;

/** How many shapes come into the page at once, and how long a frame in which they do may take, milliseconds. */
const pace = { first: 60, least: 20, most: 400, frameMs: 35 };

/** Runs `once` in each frame, with the number that fits into one by how long the last took, until it is done. */
function stepper(once: (most: number) => 'more' | 'later' | 'done'): { start(): void; stop(): void } {
  let [request, size, last] = [0, pace.first, 0];
  const run = (now: number): void => {
    if (last) {
      const ratio = pace.frameMs / Math.max(1, now - last);
      size = Math.min(pace.most, Math.max(pace.least, size * Math.min(1.5, Math.max(0.5, ratio))));
    }
    const next = once(Math.round(size));
    last = next === 'more' ? now : 0;
    request = next === 'done' ? 0 : requestAnimationFrame(run);
  };
  return {
    start: () => void (request ||= requestAnimationFrame(run)),
    stop: () => cancelAnimationFrame(request)
  };
}

function isSame(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}
