import { dentitionShown, foldChart, ghostsByTooth, type ChartView, type ProposalGhost } from './chart.ts';
import { layoutChart, type ShownDentition } from './layout.ts';
import { parseTooth, type Side, type Surface } from './teeth.ts';

/** The open palette: what it is about and where the pointer was, in CSS pixels of the window. */
export interface PaletteTarget {
  tooth: string;
  surfaces: Surface[];
  x: number;
  y: number;
}

/** Below this width, in CSS pixels, half the mouth is shown at a time, so that a finger still hits a tooth. */
const wholeMouthWidth = 600;

/** State of one chart on the screen. The findings themselves belong to the parent. */
export class OdontogramState {
  readonly #chart: () => ChartView;
  readonly #proposals: () => readonly ProposalGhost[];

  /** What the viewer chose; null follows the findings. */
  chosenDentition = $state<ShownDentition | null>(null);
  side = $state<Side>('right');
  current = $state('');
  hovered = $state<string | null>(null);
  palette = $state<PaletteTarget | null>(null);
  sheet = $state<string | null>(null);
  /** Width of the component in CSS pixels; 0 until measured. */
  width = $state(0);

  readonly views = $derived.by(() => foldChart(this.#chart().findings));
  readonly ghosts = $derived.by(() => ghostsByTooth(this.#proposals()));
  readonly shown: ShownDentition = $derived.by(
    () => this.chosenDentition ?? dentitionShown(this.#chart().findings)
  );
  readonly layout = $derived.by(() => layoutChart(this.shown));
  readonly half = $derived(this.width > 0 && this.width < wholeMouthWidth);
  readonly viewBox = $derived.by(() => {
    const { width, height } = this.layout;
    if (!this.half) return `0 0 ${width} ${height}`;
    const shownWidth = width / 2 + 4;
    return `${this.side === 'right' ? 0 : width - shownWidth} 0 ${shownWidth} ${height}`;
  });
  /** The one tooth Tab reaches: the last one used, else the first of the row on top. */
  readonly tabStop = $derived.by(() =>
    this.layout.places.has(this.current) ? this.current : this.layout.rows[0]![0]!.tooth.number
  );
  /** The tooth the line above the chart speaks of. */
  readonly told = $derived.by(() => this.palette?.tooth ?? this.hovered ?? (this.current || null));

  /** @param asked the tooth in question: the chart opens at it, on its side */
  constructor(
    chart: () => ChartView,
    proposals: () => readonly ProposalGhost[],
    asked: string | null = null
  ) {
    this.#chart = chart;
    this.#proposals = proposals;
    if (!asked) return;
    this.current = asked;
    this.side = parseTooth(asked).side;
  }

  /** Make `tooth` current, turning to its side where only half the mouth is shown. */
  moveTo(tooth: string): void {
    const place = this.layout.places.get(tooth);
    if (!place) return;
    this.current = tooth;
    this.side = place.tooth.side;
  }
}
