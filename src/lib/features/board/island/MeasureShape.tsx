import {
  type Editor,
  Ellipse2d,
  type Geometry2d,
  type IndexKey,
  Mat,
  Polyline2d,
  Rectangle2d,
  SVGContainer,
  ShapeUtil,
  type TLHandle,
  type TLHandleDragInfo,
  Vec,
  useEditor,
  useValue
} from 'tldraw';
import { type MeasureProps, type Point, type ShapeScale, noScale } from '../shapes.ts';
import { type MarkValue, measureMark } from '../scale.ts';
import { measureLines } from '../words.ts';
import { frameOf, frameOfMark } from './frames.ts';
import { handleUnderPointer, uprightMatrix } from './mirror.ts';
import { type MeasureShape, type XrayShape, measureMigrations, measureProps } from './schema.ts';

const colors: Record<MeasureProps['color'], string> = {
  yellow: '#ffd21f',
  'light-blue': '#63c5ff',
  'light-green': '#5fe08a',
  orange: '#ffa63d'
};

/** The scale of the image a mark lies on. */
export function scaleOfMark(editor: Editor, shape: MeasureShape): ShapeScale {
  const parent = editor.getShapeParent(shape);
  return parent?.type === 'xray' ? (parent as XrayShape).props.calibration : noScale;
}

/** The value of a mark as it stands now. Tracked. */
export function valueOfMark(editor: Editor, shape: MeasureShape): MarkValue | null {
  const parent = editor.getShapeParent(shape);
  const shown = parent?.type === 'xray' ? frameOf(editor, parent.id) : null;
  // The values of another frame are not those the mark was made on.
  const frame = shown?.number === frameOfMark(shape.meta) ? shown : null;
  return measureMark({ kind: shape.props.kind, points: pointsOf(shape) }, scaleOfMark(editor, shape), frame);
}

/** In image pixels, also while the mark is being moved. */
export function pointsOf({ x, y, props: { points } }: MeasureShape): Point[] {
  return x === 0 && y === 0 ? points : points.map((point) => ({ x: point.x + x, y: point.y + y }));
}

function linesOf(editor: Editor, shape: MeasureShape): string[] {
  return measureLines(valueOfMark(editor, shape), shape.props, scaleOfMark(editor, shape));
}

/** A measurement. Its points are in pixels of the image it is a child of. */
export class MeasureShapeUtil extends ShapeUtil<MeasureShape> {
  static override type = 'measure' as const;
  static override props = measureProps;
  static override migrations = measureMigrations;

  override getDefaultProps(): MeasureProps {
    return {
      kind: 'length',
      points: [
        { x: 0, y: 0 },
        { x: 1, y: 0 }
      ],
      tooth: '',
      color: 'yellow',
      size: 1
    };
  }
  override getGeometry({ props: { kind, points } }: MeasureShape): Geometry2d {
    const [a, b] = points as [Point, Point];
    if (kind !== 'rect' && kind !== 'ellipse')
      return new Polyline2d({ points: points.map((point) => new Vec(point.x, point.y)) });
    const box = {
      width: Math.max(1, Math.abs(b.x - a.x)),
      height: Math.max(1, Math.abs(b.y - a.y)),
      isFilled: false
    };
    const inner = kind === 'rect' ? new Rectangle2d(box) : new Ellipse2d(box);
    return inner.transform(Mat.Translate(Math.min(a.x, b.x), Math.min(a.y, b.y)));
  }
  override canResize(): boolean {
    return false;
  }
  override hideResizeHandles(): boolean {
    return true;
  }
  override hideRotateHandle(): boolean {
    return true;
  }
  override hideSelectionBoundsFg(): boolean {
    return true;
  }
  override hideSelectionBoundsBg(): boolean {
    return true;
  }
  override canBind(): boolean {
    return false;
  }
  override getHandles(shape: MeasureShape): TLHandle[] {
    return shape.props.points.map((point, i) => ({
      id: String(i),
      type: 'vertex',
      index: `a${i + 1}` as IndexKey,
      canSnap: false,
      ...point
    }));
  }
  override onHandleDrag(shape: MeasureShape, info: TLHandleDragInfo<MeasureShape>) {
    const { handle } = handleUnderPointer(this.editor, shape, info);
    const points = shape.props.points.map((point, i) => (String(i) === handle.id ? rounded(handle) : point));
    return { ...shape, props: { ...shape.props, points } };
  }
  /** The points carry the place; the shape itself stays at the image's origin. */
  override onTranslateEnd(_initial: MeasureShape, shape: MeasureShape) {
    const points = shape.props.points.map((point) => rounded({ x: point.x + shape.x, y: point.y + shape.y }));
    return { id: shape.id, type: shape.type, x: 0, y: 0, props: { points } };
  }
  override component(shape: MeasureShape) {
    return (
      <SVGContainer className="board-measure">
        <MeasureView shape={shape} />
      </SVGContainer>
    );
  }
  override indicator(shape: MeasureShape) {
    return <path d={pathOf(shape.props)} fill="none" />;
  }
  override toSvg(shape: MeasureShape) {
    return (
      <MeasureDrawing
        shape={shape}
        lines={linesOf(this.editor, shape)}
        upright={uprightMatrix(this.editor, shape.id, labelPlace(shape.props))}
      />
    );
  }
}

function MeasureView({ shape }: { shape: MeasureShape }) {
  const editor = useEditor();
  const lines = useValue('measure text', () => linesOf(editor, shape), [editor, shape]);
  const upright = useValue('upright', () => uprightMatrix(editor, shape.id, labelPlace(shape.props)), [
    editor,
    shape
  ]);
  return <MeasureDrawing shape={shape} lines={lines} upright={upright} />;
}

function MeasureDrawing({
  shape,
  lines,
  upright
}: {
  shape: MeasureShape;
  lines: readonly string[];
  upright: string;
}) {
  const { points, size } = shape.props;
  const color = colors[shape.props.color];
  const path = pathOf(shape.props);
  return (
    <g fill="none" strokeLinecap="round" strokeLinejoin="round" fontFamily="sans-serif">
      {/* Dark under light: readable on enamel and on air alike. */}
      <path d={path} stroke="#000" strokeOpacity={0.75} strokeWidth={4.5 * size} />
      <path d={path} stroke={color} strokeWidth={2 * size} />
      {points.map((point, i) => (
        <circle
          key={i}
          cx={point.x}
          cy={point.y}
          r={3.5 * size}
          fill={color}
          stroke="#000"
          strokeWidth={size}
        />
      ))}
      <g transform={upright}>
        {lines.map((line, i) => (
          <text
            key={i}
            x={10 * size}
            y={(18 * i - 8 - 18 * (lines.length - 1)) * size}
            fontSize={15 * size}
            fontWeight={600}
            fill={color}
            stroke="#000"
            strokeWidth={4 * size}
            paintOrder="stroke"
            data-measure-text=""
          >
            {line}
          </text>
        ))}
      </g>
    </g>
  );
}

/** Where a mark's value stands: at an angle's corner, else at the last point. */
function labelPlace({ kind, points }: MeasureProps): Point {
  return (kind === 'angle' ? points[1] : points.at(-1)) ?? { x: 0, y: 0 };
}

function pathOf({ kind, points }: MeasureProps): string {
  const [a, b] = points as [Point, Point];
  switch (kind) {
    case 'rect':
      return `M${a.x} ${a.y}H${b.x}V${b.y}H${a.x}Z`;
    case 'ellipse': {
      const [rx, ry] = [Math.abs(b.x - a.x) / 2, Math.abs(b.y - a.y) / 2];
      const y = (a.y + b.y) / 2;
      return `M${a.x} ${y}A${rx} ${ry} 0 1 1 ${b.x} ${y}A${rx} ${ry} 0 1 1 ${a.x} ${y}Z`;
    }
    case 'cobb':
      return `${lineOf(points.slice(0, 2))}${lineOf(points.slice(2))}`;
    default:
      return lineOf(points);
  }
}

function lineOf(points: readonly Point[]): string {
  return points.map(({ x, y }, i) => `${i ? 'L' : 'M'}${x} ${y}`).join('');
}

/** Tenths of an image pixel: finer than any hand, and short on the wire. */
export function rounded({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
