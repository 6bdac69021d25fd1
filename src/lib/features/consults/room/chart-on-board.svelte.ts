import { mount, unmount } from 'svelte';
import Filter from '@lucide/svelte/icons/filter';
import MapPin from '@lucide/svelte/icons/map-pin';
import type { BoardController } from '#lib/features/board/index.ts';
import {
  Odontogram,
  type ChartView,
  type FindingDraft,
  type ProposalGhost,
  type ToothAct
} from '#lib/features/odontogram/index.ts';
import { m } from '#lib/paraglide/messages.js';

interface ChartProps {
  chart: ChartView;
  proposals: readonly ProposalGhost[];
  /** The tooth in question. */
  asked: string | null;
  /** What can be done on the board about a tooth. */
  toothActs: readonly ToothAct[];
  onRecord?: ((finding: FindingDraft) => void) | undefined;
}

/**
 * Draws the live chart wherever the board asks for it. `props` is read anew on every change, so a finding that
 * was accepted a moment ago is on the board without reloading it.
 */
export function chartOnBoard(props: () => ChartProps): (element: HTMLElement) => () => void {
  return (element) => {
    const chart = mount(Odontogram, {
      target: element,
      props: {
        get chart() {
          return props().chart;
        },
        get proposals() {
          return props().proposals;
        },
        get toothActs() {
          return props().toothActs;
        },
        size: 'compact',
        proposing: true,
        asked: props().asked,
        get readonly() {
          return props().onRecord === undefined;
        },
        get onRecord() {
          return props().onRecord;
        }
      }
    });
    return () => void unmount(chart);
  };
}

/** From a tooth of the chart to what is on the board about it. */
export function toothActsOf(board: BoardController | null): ToothAct[] {
  if (!board) return [];
  const filter = { label: m.board_tooth_only(), icon: Filter, run: (tooth: string) => board.setTooth(tooth) };
  const pin = {
    label: m.board_tooth_pin(),
    icon: MapPin,
    run: (tooth: string) => void board.pinTooth(tooth)
  };
  return board.canWrite ? [pin, filter] : [filter];
}
