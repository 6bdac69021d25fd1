import { type SyntheticEvent, useEffect, useRef } from 'react';
import { HTMLContainer, Rectangle2d, ShapeUtil, useEditor, useValue } from 'tldraw';
import { m } from '#lib/paraglide/messages.js';
import { chartEnlargement, chartSize } from '../initial.ts';
import type { OdontogramProps } from '../shapes.ts';
import { chartPicture } from './chart-export.ts';
import { islandOf } from './island.ts';
import { type OdontogramShape, odontogramProps, ownMigrations } from './schema.ts';

/** The patient's live chart. The board keeps its place; the page around draws what is in it. */
export class OdontogramShapeUtil extends ShapeUtil<OdontogramShape> {
  static override type = 'odontogram' as const;
  static override props = odontogramProps;
  static override migrations = ownMigrations;

  override getDefaultProps(): OdontogramProps {
    return { ...chartSize };
  }
  override getGeometry(shape: OdontogramShape): Rectangle2d {
    return new Rectangle2d({ width: shape.props.w, height: shape.props.h, isFilled: false });
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
  override canReceiveNewChildrenOfType(_shape: OdontogramShape, type: string): boolean {
    return type !== 'xray' && type !== 'odontogram' && type !== 'measure';
  }
  override getAriaDescriptor(): string {
    return m.board_chart();
  }
  override component(shape: OdontogramShape) {
    return <ChartView shape={shape} />;
  }
  override async toSvg(shape: OdontogramShape) {
    const { w, h } = shape.props;
    const { renderChart } = islandOf(this.editor).host;
    const size = { width: w / chartEnlargement, height: h / chartEnlargement };
    const picture = renderChart ? await chartPicture(renderChart, this.editor.getContainer(), size) : null;
    return (
      <g transform={`scale(${chartEnlargement})`}>
        <rect {...size} rx={6} fill={picture?.background ?? '#fff'} stroke="#94a3b8" />
        {picture ? (
          <image
            href={picture.href}
            x={picture.x}
            y={picture.y}
            width={picture.width}
            height={picture.height}
          />
        ) : null}
      </g>
    );
  }
  override indicator(shape: OdontogramShape) {
    return <rect width={shape.props.w} height={shape.props.h} />;
  }
}

const controls =
  'dialog, button, a, input, select, textarea, summary, [role=button], [role=option], [role=gridcell], [role=radio], [data-tooth], [data-surface]';

/** A press on one of the chart's own controls is the chart's; everything else is the board's. */
function keepForChart(event: SyntheticEvent): void {
  if (
    event.target instanceof Element &&
    event.target !== event.currentTarget &&
    event.target.closest(controls)
  )
    event.stopPropagation();
}

function ChartView({ shape }: { shape: OdontogramShape }) {
  const editor = useEditor();
  const element = useRef<HTMLDivElement>(null);
  const isUsable = useValue('chart usable', () => editor.getCurrentToolId() === 'select', [editor]);

  useEffect(() => {
    const render = islandOf(editor).host.renderChart;
    return element.current && render ? render(element.current) : undefined;
  }, [editor]);

  return (
    <HTMLContainer
      className="board-chart"
      style={{ width: shape.props.w, height: shape.props.h, pointerEvents: isUsable ? 'all' : 'none' }}
    >
      <div
        ref={element}
        className="board-chart-inner"
        style={{
          width: shape.props.w / chartEnlargement,
          height: shape.props.h / chartEnlargement,
          transform: `scale(${chartEnlargement})`
        }}
        onPointerDown={keepForChart}
        onPointerUp={keepForChart}
        onTouchStart={keepForChart}
        onTouchEnd={keepForChart}
        onClick={keepForChart}
        onDoubleClick={keepForChart}
        onKeyDown={keepForChart}
      />
    </HTMLContainer>
  );
}
