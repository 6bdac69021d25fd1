import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import {
  type Editor,
  HTMLContainer,
  Rectangle2d,
  ShapeUtil,
  stopEventPropagation,
  useEditor,
  useReactor,
  useValue
} from 'tldraw';
import { type Frame, onFramesForgotten } from '#lib/features/imaging/frame.ts';
import { type FrameRenderer, createFrameRenderer, mostDetail } from '#lib/features/imaging/renderer.ts';
import { fitView } from '#lib/features/imaging/view-transform.ts';
import { m } from '#lib/paraglide/messages.js';
import { type XrayProps, noScale } from '../shapes.ts';
import { imageTitle, scaleSource } from '../words.ts';
import { XrayLabel } from './XrayLabel.tsx';
import { dropFrame, frameOf, frameShown, keepFrame } from './frames.ts';
import { islandOf } from './island.ts';
import { lookOf, looksOf, restingLook } from './looks.ts';
import { mirrorFlippedImages, uprightMatrix } from './mirror.ts';
import { type XrayShape, xrayMigrations, xrayProps } from './schema.ts';
import { exportImage } from './xray-export.ts';

/**
 * An image at its natural size: one page unit is one image pixel, so whatever is drawn on it (its children)
 * is in image pixels and goes where it goes. Not resizable for the same reason; zoom instead.
 */
export class XrayShapeUtil extends ShapeUtil<XrayShape> {
  static override type = 'xray' as const;
  static override props = xrayProps;
  static override migrations = xrayMigrations;

  constructor(editor: Editor) {
    super(editor);
    // Before anything is worked out of where shapes lie.
    mirrorFlippedImages(editor);
  }

  override getDefaultProps(): XrayProps {
    return {
      imageId: 'none',
      w: 100,
      h: 100,
      frame: 1,
      kind: 'other',
      takenOn: '',
      side: '',
      teeth: [],
      window: null,
      invert: false,
      sharpen: false,
      flip: false,
      calibration: noScale,
      earlier: []
    };
  }
  /** Hollow, as a frame is: a drag inside selects marks and does not move the image by accident. */
  override getGeometry(shape: XrayShape): Rectangle2d {
    return new Rectangle2d({ width: shape.props.w, height: shape.props.h, isFilled: false });
  }
  override canResize(): boolean {
    return false;
  }
  override hideResizeHandles(): boolean {
    return true;
  }
  override canReceiveNewChildrenOfType(_shape: XrayShape, type: string): boolean {
    return type !== 'xray' && type !== 'odontogram';
  }
  override canBind(): boolean {
    return false;
  }
  /** In tldraw, though left out of its types: a highlighter stays between image and marks. */
  providesBackgroundForChildren(): boolean {
    return true;
  }
  override getAriaDescriptor(shape: XrayShape): string {
    return imageTitle(shape.props);
  }
  override component(shape: XrayShape) {
    return <XrayView shape={shape} />;
  }
  override indicator(shape: XrayShape) {
    return <rect width={shape.props.w} height={shape.props.h} />;
  }
  override async toSvg(shape: XrayShape) {
    const { w, h } = shape.props;
    const frame = frameShown(this.editor, shape);
    const count = frameOf(this.editor, shape.id)?.count ?? 1;
    const source = await exportImage(islandOf(this.editor).host, {
      ...shape.props,
      ...lookOf(this.editor, shape),
      frame
    });
    const size = Math.max(w, h) / 70;
    const corner = this.editor.getShapePageBounds(shape)?.point ?? { x: 0, y: 0 };
    const upright = uprightMatrix(this.editor, shape.id, this.editor.getPointInShapeSpace(shape, corner));
    return (
      <>
        <rect width={w} height={h} fill="#000" />
        {source ? <image href={source} width={w} height={h} /> : null}
        <rect width={w} height={h} fill="none" stroke="#64748b" strokeWidth={size / 8} />
        <text
          transform={upright}
          x={size * 0.6}
          y={size * 1.4}
          fontSize={size}
          fill="#fff"
          stroke="#000"
          strokeWidth={size / 6}
          paintOrder="stroke"
          fontFamily="sans-serif"
        >
          {[
            imageTitle(shape.props),
            ...(count > 1 ? [m.board_frame_of({ number: frame, count })] : []),
            ...(shape.props.flip ? [m.board_flipped()] : []),
            scaleSource(shape.props.calibration)
          ].join(' · ')}
        </text>
      </>
    );
  }
}

type Loading = { state: 'loading' } | { state: 'ready'; frame: Frame } | { state: 'failed' };

function XrayView({ shape }: { shape: XrayShape }) {
  const editor = useEditor();
  const { imageId, w, h } = shape.props;
  const [loading, setLoading] = useState<Loading>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const [detail, setDetail] = useState(1);
  const number = useValue('frame', () => restingLook(editor, shape).frame, [editor, shape]);
  const isCulled = useValue('culled', () => editor.getCulledShapes().has(shape.id), [editor, shape.id]);

  // What was taken back is no longer given: it must not stay on the screen of who had it.
  useEffect(() => onFramesForgotten(() => setAttempt((before) => before + 1)), []);

  useEffect(() => {
    const abort = new AbortController();
    // A picture that is asked for again, or another frame of it, stays until the answer is there.
    setLoading((before) =>
      before.state === 'ready' && before.frame.imageId === imageId ? before : { state: 'loading' }
    );
    islandOf(editor)
      .host.loadFrame(imageId, number, abort.signal)
      .then((frame) => {
        if (abort.signal.aborted) return;
        keepFrame(editor, shape.id, frame);
        setLoading({ state: 'ready', frame });
      })
      .catch(() => {
        if (abort.signal.aborted) return;
        // The reason is not for this place: the person can try again, and the server has logged it.
        dropFrame(editor, shape.id);
        setLoading({ state: 'failed' });
      });
    return () => abort.abort();
  }, [editor, shape.id, imageId, number, attempt]);

  useEffect(() => () => dropFrame(editor, shape.id), [editor, shape.id, imageId]);

  return (
    <HTMLContainer
      className="board-xray"
      data-image-state={loading.state}
      data-frame={loading.state === 'ready' ? loading.frame.number : undefined}
      style={{ width: w, height: h }}
    >
      {loading.state === 'ready' && !isCulled ? (
        <XrayCanvas id={shape.id} w={w} h={h} frame={loading.frame} onDetail={setDetail} />
      ) : null}
      {loading.state === 'loading' ? <p className="board-xray-note">{m.board_image_loading()}</p> : null}
      {loading.state === 'failed' ? (
        <p className="board-xray-note" role="alert">
          {m.board_image_failed()}
          <button
            type="button"
            onPointerDown={stopEventPropagation}
            onTouchStart={stopEventPropagation}
            onTouchEnd={stopEventPropagation}
            onClick={() => setAttempt(attempt + 1)}
          >
            {m.board_image_retry()}
          </button>
        </p>
      ) : null}
      <XrayLabel shape={shape} detail={detail} />
    </HTMLContainer>
  );
}

/** A browser grants about 16 WebGL surfaces a page, and the page around has some too. */
const maxGpuCanvases = 8;
let gpuCanvases = 0;

interface CanvasProps {
  id: XrayShape['id'];
  w: number;
  h: number;
  frame: Frame;
  /** Told the share of the image's pixels that is shown each way; 1 where no more could be seen anyway. */
  onDetail(detail: number): void;
}

/** Drawn without React: a window is dragged at the rate of the screen. */
function XrayCanvas({ id, w, h, frame, onDetail }: CanvasProps) {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<FrameRenderer | null>(null);
  const [reduced, setReduced] = useState(1);
  // The GPU took the surface away: the processor draws on, for nothing may be blank in the meantime.
  const [isLost, setLost] = useState(false);
  const wanted = useValue('detail', () => detailFor(editor, id), [editor, id]);
  const detail = Math.min(wanted, mostDetail({ width: w, height: h }));
  const view = useMemo(
    () => fitView(frame.header, 0, Math.max(1, Math.floor(w * detail)), Math.max(1, Math.floor(h * detail))),
    [frame, w, h, detail]
  );

  useLayoutEffect(() => {
    if (!canvas.current) return;
    gpuCanvases++;
    renderer.current = createFrameRenderer(canvas.current, {
      force2d: isLost || gpuCanvases > maxGpuCanvases,
      onLost: () => setLost(true)
    });
    setReduced(renderer.current.load(frame).reduced);
    return () => {
      gpuCanvases--;
      renderer.current?.dispose();
      renderer.current = null;
    };
  }, [frame, isLost]);

  useReactor(
    'draw image',
    () => {
      const xray = editor.getShape<XrayShape>(id);
      if (!xray) return;
      const look = lookOf(editor, xray);
      renderer.current?.draw({ ...look, ...(look.window ?? frame.header.window), view });
    },
    [editor, id, frame, view, isLost]
  );

  useEffect(() => {
    onDetail(reduced > 1 || detail < wanted ? Math.min(detail, 1 / reduced) : 1);
    return () => onDetail(1);
  }, [reduced, detail, wanted, onDetail]);

  // One canvas belongs to one renderer for life.
  return <canvas key={`${frame.imageId} ${isLost}`} ref={canvas} style={{ width: w, height: h }} />;
}

/** Steps, so that zooming does not redraw at every frame. */
const details = [0.18, 0.25, 0.35, 0.5, 0.71, 1];

/**
 * Share of the image's pixels drawn each way: no more than can be seen, for each is drawn anew at every step of a window
 * that is dragged. While it is, the view stays as it is, and the canvas has the pixels of the screen and none beyond.
 */
function detailFor(editor: Editor, id: XrayShape['id']): number {
  const scale = editor.getZoomLevel() * window.devicePixelRatio;
  if (looksOf(editor).dragged.get()?.id === id) return Math.min(1, scale);
  return details.find((detail) => detail >= scale) ?? 1;
}
