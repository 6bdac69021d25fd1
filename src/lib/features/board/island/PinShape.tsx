import { Circle2d, SVGContainer, ShapeUtil, useEditor, useValue } from 'tldraw';
import type { PinProps } from '../shapes.ts';
import { resolvedPinsOf } from './resolved.ts';
import { type PinShape, pinMigrations, pinProps } from './schema.ts';

const radius = 14;

/** A numbered point. What is said about it is read and written outside the drawing. */
export class PinShapeUtil extends ShapeUtil<PinShape> {
  static override type = 'pin' as const;
  static override props = pinProps;
  static override migrations = pinMigrations;

  override getDefaultProps(): PinProps {
    return { number: 1, tooth: '', size: 1 };
  }
  override getGeometry(shape: PinShape): Circle2d {
    const r = radius * shape.props.size;
    return new Circle2d({ x: -r, y: -r, radius: r, isFilled: true });
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
  override canBind(): boolean {
    return false;
  }
  override getAriaDescriptor(shape: PinShape): string {
    return `${shape.props.number} ${shape.props.tooth}`.trim();
  }
  override component(shape: PinShape) {
    return (
      <SVGContainer className="board-pin">
        <PinView shape={shape} />
      </SVGContainer>
    );
  }
  override indicator(shape: PinShape) {
    return <circle r={radius * shape.props.size} />;
  }
  override toSvg(shape: PinShape) {
    return <Drawing {...shape.props} isDone={resolvedPinsOf(this.editor).get().has(shape.id)} />;
  }
}

function PinView({ shape }: { shape: PinShape }) {
  const editor = useEditor();
  const isDone = useValue('done', () => resolvedPinsOf(editor).get().has(shape.id), [editor, shape.id]);
  return <Drawing {...shape.props} isDone={isDone} />;
}

/** What is done stands back: hollow, with a tick. */
function Drawing({ number, size, tooth, isDone }: PinProps & { isDone: boolean }) {
  return (
    <g
      transform={`scale(${size})`}
      fontFamily="sans-serif"
      textAnchor="middle"
      data-pin-state={isDone ? 'done' : 'open'}
    >
      <circle
        r={radius}
        fill={isDone ? '#334155' : '#0d9488'}
        stroke={isDone ? '#94a3b8' : '#fff'}
        strokeWidth={2}
      />
      {isDone ? (
        <g>
          <circle cx={10} cy={10} r={7} fill="#fff" />
          <path
            d="M6.5 10.2 9 12.6 13.6 7.4"
            fill="none"
            stroke="#15803d"
            strokeWidth={2.2}
            strokeLinecap="round"
          />
        </g>
      ) : null}
      <text y={5} fontSize={14} fontWeight={700} fill="#fff">
        {number}
      </text>
      {tooth ? (
        <text
          y={-19}
          fontSize={12}
          fontWeight={600}
          fill="#fff"
          stroke="#000"
          strokeWidth={3}
          paintOrder="stroke"
        >
          {tooth}
        </text>
      ) : null}
    </g>
  );
}
