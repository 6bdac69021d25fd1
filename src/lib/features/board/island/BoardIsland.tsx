import { getAssetUrlsByImport } from '@tldraw/assets/imports.vite';
import {
  DefaultCanvas,
  type Editor,
  type TLCanvasComponentProps,
  type TLComponents,
  type TLShape,
  type TLStore,
  type TLTextOptions,
  type TLUser,
  Tldraw,
  TldrawScribble,
  type TldrawOptions,
  isShapeId,
  useEditor
} from 'tldraw';
import { type ComponentProps, useState } from 'react';
import { m } from '#lib/paraglide/messages.js';
import { isDraft } from '../drafts.ts';
import { Indicators } from './Indicators.tsx';
import { Loupe } from './Loupe.tsx';
import { MarkStyles } from './MarkStyles.tsx';
import { MeasureShapeUtil } from './MeasureShape.tsx';
import { OdontogramShapeUtil } from './OdontogramShape.tsx';
import { PinShapeUtil } from './PinShape.tsx';
import { XrayShapeUtil } from './XrayShape.tsx';
import { frameOfMark, frameShown } from './frames.ts';
import { BoardArrowUtil } from './mirror.ts';
import { draftingOf } from './drafting.ts';
import { showNearby } from './many-shapes.ts';
import type { XrayShape } from './schema.ts';
import { boardToolNodes } from './tools.ts';
import type { IslandOptions } from './types.ts';

/** Fonts, icons and translations from our own origin; tldraw would fetch them from its CDN. */
const assetUrls = getAssetUrlsByImport();
const shapeUtils = [XrayShapeUtil, MeasureShapeUtil, PinShapeUtil, OdontogramShapeUtil, BoardArrowUtil];

const options: Partial<TldrawOptions> = {
  maxPages: 1,
  createTextOnCanvasDoubleClick: false,
  maxExportDelayMs: 15_000
};

/** From the whole of a row of panoramics on a phone to single pixels. */
const cameraOptions = {
  wheelBehavior: 'zoom' as const,
  zoomSteps: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8]
};

/**
 * A new text takes the caret a moment after it takes the keys; at the start of the text, which is tldraw's own choice,
 * what was typed in between would end up behind what follows.
 */
const textOptions: Partial<TLTextOptions> = { tipTapConfig: { autofocus: 'end' } };

interface Props {
  store: TLStore;
  user: TLUser;
  island: IslandOptions;
  isPatient: () => boolean;
  onMount(editor: Editor): () => void;
}

export function BoardIsland({ store, user, island, isPatient, onMount }: Props) {
  return (
    <Tldraw
      store={store}
      user={user}
      hideUi
      autoFocus={false}
      assetUrls={assetUrls}
      shapeUtils={shapeUtils}
      tools={boardToolNodes}
      components={componentsFor(island)}
      options={options}
      cameraOptions={cameraOptions}
      textOptions={textOptions}
      {...(island.licenseKey ? { licenseKey: island.licenseKey } : {})}
      getShapeVisibility={(shape: TLShape, editor: Editor) =>
        isHidden(shape, island, isPatient()) ||
        isOfAnotherFrame(shape, editor) ||
        (isDraft(shape) && draftingOf(store).areHidden.get())
          ? 'hidden'
          : 'inherit'
      }
      onMount={onMount}
    />
  );
}

/** A patient is not shown what dentists write to each other; nobody an empty place for a chart. */
function isHidden(shape: TLShape, island: IslandOptions, isPatient: boolean): boolean {
  return (shape.type === 'pin' && isPatient) || (shape.type === 'odontogram' && !island.host.renderChart);
}

/** [BI-26] What lies on an image is seen on the frame it was made on. */
function isOfAnotherFrame(shape: TLShape, editor: Editor): boolean {
  const parent = isShapeId(shape.parentId) ? editor.getShape(shape.parentId) : undefined;
  return parent?.type === 'xray' && frameShown(editor, parent as XrayShape) !== frameOfMark(shape.meta);
}

function Canvas(props: TLCanvasComponentProps) {
  const editor = useEditor();
  // Before the first shape is drawn, once.
  useState(() => showNearby(editor));
  return <DefaultCanvas {...props} />;
}

/** tldraw draws another's laser faintly; here it is what a doctor points with, on black and on white. */
function Laser(props: ComponentProps<typeof TldrawScribble>) {
  return props.scribble.color === 'laser' ? (
    <TldrawScribble {...props} color={laserColor} opacity={0.95} />
  ) : null;
}

const laserColor = '#ff3b30';

const componentsCache = new WeakMap<IslandOptions, TLComponents>();

function componentsFor(island: IslandOptions): TLComponents {
  let components = componentsCache.get(island);
  if (!components) {
    components = {
      ErrorFallback: ({ error }) => {
        queueMicrotask(() => island.onCrash(error));
        return null;
      },
      ShapeErrorFallback: () => <div className="board-shape-broken">{m.board_shape_broken()}</div>,
      LoadingScreen: () => null,
      Canvas,
      ShapeIndicators: Indicators,
      CollaboratorScribble: Laser,
      OnTheCanvas: MarkStyles,
      InFrontOfTheCanvas: Loupe
    };
    componentsCache.set(island, components);
  }
  return components;
}
