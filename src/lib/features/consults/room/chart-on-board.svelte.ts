import { mount, unmount } from 'svelte';
import {
  Odontogram,
  type ChartView,
  type FindingDraft,
  type ProposalGhost
} from '#lib/features/odontogram/index.ts';

interface ChartProps {
  chart: ChartView;
  proposals: readonly ProposalGhost[];
  /** The tooth in question. */
  asked: string | null;
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
