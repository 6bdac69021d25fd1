import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { ErasureBasis, ErasureCounts, ErasureRefusal, ErasureState } from './erasure.ts';

export function refusalText(refusal: ErasureRefusal): string {
  return {
    hold: m.rights_erasure_refused_hold,
    consult: m.rights_erasure_refused_consult,
    retention: m.rights_erasure_refused_retention
  }[refusal]();
}

export function basisText(basis: ErasureBasis): string {
  return { asked: m.rights_erasure_basis_asked, 'time-over': m.rights_erasure_basis_time_over }[basis]();
}

export function stateText(state: ErasureState): string {
  return {
    asked: m.rights_erasure_state_asked,
    withdrawn: m.rights_erasure_state_withdrawn,
    approved: m.rights_erasure_state_approved,
    'rows-gone': m.rights_erasure_state_rows_gone,
    done: m.rights_erasure_state_done
  }[state]();
}

export function stateTone(state: ErasureState): 'neutral' | 'warn' | 'info' | 'ok' {
  if (state === 'asked') return 'warn';
  if (state === 'done') return 'ok';
  return state === 'withdrawn' ? 'neutral' : 'info';
}

const unit = 1_000_000;

/** "entries: 132 · files: 8 (12.4 MB) with their keys · boards: 1" */
export function countsText({ rows, files, bytes, boards }: ErasureCounts): string {
  const count = Object.values(rows).reduce((sum, one) => sum + one, 0);
  const size = new Intl.NumberFormat(getLocale(), {
    style: 'unit',
    unit: 'megabyte',
    maximumFractionDigits: 1
  }).format(bytes / unit);
  return [
    m.rights_erasure_rows({ count }),
    m.rights_erasure_files({ count: files, size }),
    ...(boards ? [m.rights_erasure_boards({ count: boards })] : [])
  ].join(' · ');
}
