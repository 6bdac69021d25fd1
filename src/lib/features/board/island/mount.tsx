import { atom, computed, react } from '@tldraw/state';
import { isEqual } from '@tldraw/utils';
import { type Root, createRoot } from 'react-dom/client';
import {
  DefaultColorStyle,
  DefaultDashStyle,
  DefaultFontStyle,
  DefaultSizeStyle,
  type Editor,
  type TLStore,
  type TLUserPreferences,
  createTLStore,
  createTLUser
} from 'tldraw';
import 'tldraw/tldraw.css';
import { BoardIsland } from './BoardIsland.tsx';
import * as acts from './acts.ts';
import { type Binding, bindStore } from './binding.ts';
import { discardDrafts, draftingOf, putDrafts, showDrafts, takeDrafts } from './drafting.ts';
import { registerRules } from './editor-rules.ts';
import { bindIsland } from './island.ts';
import { looksOf, setOwnLooks } from './looks.ts';
import './island.css';
import { figures, picture } from './out.ts';
import { watchPen } from './pen.ts';
import { tellShapesApart } from './shape-history.ts';
import { pinSchema } from './pin-schema.ts';
import { bindGlide, bindPresence } from './presence.ts';
import { resolvedPinsOf } from './resolved.ts';
import { boardSchema } from './schema.ts';
import * as sight from './sight.ts';
import { readState } from './state.ts';
import { chosenTooth } from './tooth.ts';
import { pinTooth } from './tools.ts';
import type { BoardCamera, BoardMode, IslandHandle, IslandOptions, IslandState } from './types.ts';
import { xraysOf } from './xrays.ts';

/**
 * Shows the board of a synced document inside `element`. Resolves once it can be used.
 * @throws where the browser cannot run it; what is in the document stays as it is
 */
export async function mountIsland(element: HTMLElement, island: IslandOptions): Promise<IslandHandle> {
  const schemaState = pinSchema(island.doc, island.mode !== 'write');
  const isNewer = schemaState === 'newer';
  if (isNewer) island.onNotice('board_from_newer_version');
  const mode = atom<BoardMode>('board mode', isNewer && island.mode === 'write' ? 'read' : island.mode);

  const store = createTLStore({
    schema: boardSchema(),
    collaboration: {
      status: null,
      mode: computed('access', () => (mode.get() === 'write' ? 'readwrite' : 'readonly'))
    }
  });
  tellShapesApart(store);
  const preferences = atom<TLUserPreferences>('board user', preferencesOf(island));
  const person = computed('person', () => ({
    id: island.presenceId,
    name: island.user.name,
    color: island.user.color
  }));
  const user = createTLUser({
    userPreferences: preferences,
    setUserPreferences: (next) => preferences.set(next)
  });

  let binding = bind(store, island, mode.get());
  const stopPresence = bindPresence({ store, awareness: island.awareness, user: person, publish: true });
  const stopGlide = bindGlide(element, island.awareness);

  let shown: Editor | null = null;
  const pen = watchPen(element, () => shown);
  const root = createRoot(element, { onUncaughtError: (error) => island.onCrash(error) });
  const editor = await render(root, { store, user, island, isPatient: () => mode.get() === 'patient' });
  shown = editor;
  // tldraw heeds the wheel only while it has the focus, which a click on our own tools takes away.
  const takeWheel = () => void (editor.getIsFocused() || editor.focus({ focusContainer: false }));
  element.addEventListener('wheel', takeWheel, { capture: true, passive: true });
  const stopCamera = react('board camera', () => {
    const { x, y, z } = editor.getCamera();
    island.onCamera?.({ x, y, z });
  });
  let told: IslandState | undefined;
  const stopState = react(
    'board state',
    () => {
      const state = readState(editor, pen.use());
      if (!isEqual(told, state)) island.onState((told = state));
    },
    { scheduleEffect: oncePerFrame() }
  );

  draftingOf(store).isOn.set(island.drafting ?? false);
  putDrafts(editor, island.drafts ?? []);
  const stopShown = island.mode === 'patient' ? fitToShown(editor) : () => {};

  return {
    ...actsOf(editor),
    setPenOnly: (on) => pen.setPenOnly(on),
    setDark: (dark) => preferences.set({ ...preferences.get(), colorScheme: dark ? 'dark' : 'light' }),
    setMode(next) {
      if (next === mode.get() || (isNewer && next === 'write')) return;
      binding.destroy();
      mode.set(next);
      binding = bind(store, island, next);
      editor.setCurrentTool(next === 'patient' ? 'hand' : 'select');
    },
    destroy() {
      stopState();
      stopShown();
      stopCamera();
      element.removeEventListener('wheel', takeWheel, { capture: true });
      pen.destroy();
      stopPresence();
      stopGlide();
      binding.destroy();
      root.unmount();
    }
  };
}

/** A patient sees the image that is shown whole, whenever it is another one. */
function fitToShown(editor: Editor): () => void {
  let shown = '';
  return react('shown to the patient', () => {
    const ids = xraysOf(editor)
      .map(({ id }) => id)
      .join();
    if (ids === shown) return;
    shown = ids;
    requestAnimationFrame(() => acts.showAll(editor, 0));
  });
}

/** Many changes of one frame are told once. */
function oncePerFrame(): (run: () => void) => void {
  let isWaiting = false;
  return (run) => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      run();
    });
  };
}

function bind(store: TLStore, island: IslandOptions, mode: BoardMode): Binding {
  return bindStore({ store, doc: island.doc, readonly: mode !== 'write', onSetAside: island.onSetAside });
}

function preferencesOf({ presenceId, user, locale, dark }: IslandOptions): TLUserPreferences {
  return {
    id: presenceId,
    name: user.name,
    color: user.color,
    locale,
    colorScheme: dark ? 'dark' : 'light',
    // Marks are drawn at the same size on the screen whatever the zoom: images are thousands of pixels wide.
    isDynamicSizeMode: true
  };
}

function render(
  root: Root,
  props: {
    store: TLStore;
    user: ReturnType<typeof createTLUser>;
    island: IslandOptions;
    isPatient: () => boolean;
  }
): Promise<Editor> {
  return new Promise((resolve) => {
    const onMount = (editor: Editor): (() => void) => {
      bindIsland(editor, props.island);
      prepare(editor, props.island.mode);
      const stopRules = registerRules(editor);
      resolve(editor);
      return stopRules;
    };
    root.render(<BoardIsland {...props} onMount={onMount} />);
  });
}

function prepare(editor: Editor, mode: BoardMode): void {
  editor.setStyleForNextShapes(DefaultColorStyle, 'yellow');
  editor.setStyleForNextShapes(DefaultFontStyle, 'sans');
  editor.setStyleForNextShapes(DefaultDashStyle, 'solid');
  editor.setStyleForNextShapes(DefaultSizeStyle, 's');
  acts.showFirst(editor);
  editor.setCurrentTool(mode === 'patient' ? 'hand' : 'select');
}

function setCamera(editor: Editor, { x, y, z }: BoardCamera): void {
  const now = editor.getCamera();
  if (now.x !== x || now.y !== y || now.z !== z)
    editor.setCamera({ x, y, z }, { immediate: true, force: true });
}

function actsOf(editor: Editor): Omit<IslandHandle, 'setDark' | 'setMode' | 'setPenOnly' | 'destroy'> {
  return {
    setTool: (tool) => void editor.setCurrentTool(tool),
    setColor(color) {
      if (editor.getSelectedShapeIds().length) editor.setStyleForSelectedShapes(DefaultColorStyle, color);
      editor.setStyleForNextShapes(DefaultColorStyle, color);
    },
    undo: () => void editor.undo(),
    redo: () => void editor.redo(),
    zoomToFit: () => acts.showAll(editor),
    zoomIn: () => void editor.zoomIn(undefined, { animation: { duration: 120 } }),
    zoomOut: () => void editor.zoomOut(undefined, { animation: { duration: 120 } }),
    deleteSelection: () => acts.deleteSelection(editor),
    follow: (presenceId) =>
      void (presenceId ? editor.startFollowingUser(presenceId) : editor.stopFollowingUser()),
    applyPreset: (preset) => acts.applyPreset(editor, preset),
    toggleInvert: () => acts.toggleInvert(editor),
    toggleSharpen: () => acts.toggleSharpen(editor),
    rotateImage: () => acts.rotateImage(editor),
    flipImage: () => acts.flipImage(editor),
    setOwnLooks: (on) => setOwnLooks(editor, on),
    stepFrame: (by) => acts.stepFrame(editor, by),
    setLoupe: (on) => looksOf(editor).loupe.set(on),
    insertImage: (image) => acts.insertImage(editor, image),
    arrange: (layout) => acts.arrange(editor, layout),
    removeImage: (id) => acts.removeImage(editor, id),
    calibrate: (measureId, knownMm, on) => acts.calibrate(editor, measureId, knownMm, on),
    setResolvedPins: (ids) => resolvedPinsOf(editor).set(ids),
    setPinTooth: (id, tooth) => acts.setPinTooth(editor, id, tooth),
    removeShape: (id) => acts.removeShape(editor, id),
    focusShape: (id) => acts.focusShape(editor, id),
    focusImage: (imageId) => acts.focusImage(editor, imageId),
    closePin: () => void editor.selectNone(),
    picture: (scope, options) => picture(editor, scope, options),
    figures: () => figures(editor),
    setCamera: (camera) => setCamera(editor, camera),
    pasteCopy: (of) => acts.pasteCopy(editor, of),
    view: () => sight.view(editor),
    lookAt: (call, options) => sight.lookAt(editor, call, options),
    lookBack: () => sight.lookBack(editor),
    setDrafting: (on) => draftingOf(editor.store).isOn.set(on),
    showDrafts: () => showDrafts(editor),
    discardDrafts: () => discardDrafts(editor),
    drafts: () => takeDrafts(editor),
    setTooth: (tooth) => chosenTooth(editor).set(tooth),
    pinTooth: (tooth) => pinTooth(editor, tooth)
  };
}
