import { Circle2d, SVGContainer, ShapeUtil } from 'tldraw';
import type { PinProps } from '../shapes.ts';
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
        <Drawing {...shape.props} />
      </SVGContainer>
    );
  }
  override indicator(shape: PinShape) {
    return <circle r={radius * shape.props.size} />;
  }
  override toSvg(shape: PinShape) {
    return <Drawing {...shape.props} />;
  }
}

function Drawing({ number, size, tooth }: PinProps) {
  return (
    <g transform={`scale(${size})`} fontFamily="sans-serif" textAnchor="middle">
      <circle r={radius} fill="#0d9488" stroke="#fff" strokeWidth={2} />
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
