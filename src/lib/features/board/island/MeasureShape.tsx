import {
  type Editor,
  type IndexKey,
  Polyline2d,
  SVGContainer,
  ShapeUtil,
  type TLHandle,
  type TLHandleDragInfo,
  Vec,
  useEditor,
  useValue
} from 'tldraw';
import { type MeasureProps, type Point, type ShapeScale, noScale } from '../shapes.ts';
import { measureText } from '../words.ts';
import { type MeasureShape, type XrayShape, measureProps, ownMigrations } from './schema.ts';

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

/** A length or an angle. Its points are in pixels of the image it is a child of. */
export class MeasureShapeUtil extends ShapeUtil<MeasureShape> {
  static override type = 'measure' as const;
  static override props = measureProps;
  static override migrations = ownMigrations;

  override getDefaultProps(): MeasureProps {
    return {
      points: [
        { x: 0, y: 0 },
        { x: 1, y: 0 }
      ],
      color: 'yellow',
      size: 1
    };
  }
  override getGeometry(shape: MeasureShape): Polyline2d {
    return new Polyline2d({ points: shape.props.points.map((point) => new Vec(point.x, point.y)) });
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
  override onHandleDrag(shape: MeasureShape, { handle }: TLHandleDragInfo<MeasureShape>) {
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
    return <polyline points={polyline(shape.props.points)} fill="none" />;
  }
  override toSvg(shape: MeasureShape) {
    return <MeasureDrawing shape={shape} text={measureText(shape.props, scaleOfMark(this.editor, shape))} />;
  }
}

function MeasureView({ shape }: { shape: MeasureShape }) {
  const editor = useEditor();
  const text = useValue('measure text', () => measureText(shape.props, scaleOfMark(editor, shape)), [
    editor,
    shape
  ]);
  return <MeasureDrawing shape={shape} text={text} />;
}

function MeasureDrawing({ shape, text }: { shape: MeasureShape; text: string }) {
  const { points, size } = shape.props;
  const color = colors[shape.props.color];
  const last = points.at(-1)!;
  const at = points.length === 3 ? points[1]! : last;
  return (
    <g fill="none" strokeLinecap="round" strokeLinejoin="round" fontFamily="sans-serif">
      {/* Dark under light: readable on enamel and on air alike. */}
      <polyline points={polyline(points)} stroke="#000" strokeOpacity={0.75} strokeWidth={4.5 * size} />
      <polyline points={polyline(points)} stroke={color} strokeWidth={2 * size} />
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
      <text
        x={at.x + 10 * size}
        y={at.y - 8 * size}
        fontSize={15 * size}
        fontWeight={600}
        fill={color}
        stroke="#000"
        strokeWidth={4 * size}
        paintOrder="stroke"
        data-measure-text=""
      >
        {text}
      </text>
    </g>
  );
}

function polyline(points: readonly Point[]): string {
  return points.map((point) => `${point.x},${point.y}`).join(' ');
}

/** Tenths of an image pixel: finer than any hand, and short on the wire. */
export function rounded({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
