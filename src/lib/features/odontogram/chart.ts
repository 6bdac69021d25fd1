import {
  checkFinding,
  ruleOf,
  type CheckedFinding,
  type FindingCode,
  type FindingDraft,
  type FindingStatus
} from './findings.ts';
import { chartRow, parseTooth, teeth, type Dentition, type Surface } from './teeth.ts';

/** A finding as it leaves the server. Times are ISO 8601 in UTC. */
export interface FindingView extends CheckedFinding {
  id: string;
  author: { id: string; name: string; organisationId: string };
  recordedAt: string;
  consultId: string | null;
  proposalId: string | null;
  withdrawn: { at: string; by: string; reason: string } | null;
}

/** What the chart component draws: all findings of one patient, oldest first, withdrawn ones included. */
export interface ChartView {
  patientId: string;
  findings: FindingView[];
  /** Whether this viewer may record; the server checks again. */
  mayRecord: boolean;
}

/** A remote expert's change that nobody has accepted yet. */
export interface ProposalGhost {
  id: string;
  tooth: string;
  surfaces: readonly string[];
  code: FindingCode;
  status: FindingStatus;
  grade?: string | null;
  note?: string;
  proposer: { name: string };
}

/**
 * A draft as it will look once saved, to show at once while the request is under way.
 * @throws AppError as `checkFinding`
 */
export function pendingFinding(
  draft: FindingDraft,
  { id, author, at }: { id: string; author: FindingView['author']; at: Date }
): FindingView {
  return {
    id,
    ...checkFinding(draft),
    author,
    recordedAt: at.toISOString(),
    consultId: null,
    proposalId: null,
    withdrawn: null
  };
}

/** How a tooth stands in the mouth, which decides its silhouette. */
export type Presence =
  'present' | 'missing' | 'implant' | 'pontic' | 'residual_root' | 'impacted' | 'unerupted';

/** A mark on one surface or on the whole tooth, taken from its latest finding. */
export interface Mark {
  findingId: string;
  code: FindingCode;
  status: FindingStatus;
  grade: string | null;
}

/** The latest state of one tooth. */
export interface ToothView {
  tooth: string;
  presence: Presence;
  /** Status of the finding that decided the presence (an implant planned or standing), or null where natural. */
  presenceStatus: FindingStatus | null;
  surfaces: Partial<Record<Surface, Mark>>;
  whole: Partial<Record<FindingCode, Mark>>;
  /** Findings that still hold, newest first. */
  active: FindingView[];
  /** Every finding ever, newest first, withdrawn ones included. */
  history: FindingView[];
}

const presenceCodes: Partial<Record<FindingCode, Presence>> = {
  missing: 'missing',
  implant: 'implant',
  bridge_pontic: 'pontic',
  residual_root: 'residual_root',
  impacted: 'impacted',
  unerupted: 'unerupted'
};

/** Codes that end others on the same tooth once they are standing (status `existing` or `done`). */
const ends: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  crown: [
    'caries',
    'filling',
    'inlay',
    'veneer',
    'sealant',
    'wedge_defect',
    'wear',
    'fracture',
    'residual_root'
  ],
  bridge_abutment: [
    'caries',
    'filling',
    'inlay',
    'veneer',
    'sealant',
    'wedge_defect',
    'wear',
    'residual_root'
  ],
  root_canal: ['pulpitis', 'percussion'],
  implant: ['missing', 'bridge_pontic'],
  bridge_pontic: ['missing']
};

/** Codes that take the whole natural tooth away: nothing noted on it before still holds. */
const clears: readonly FindingCode[] = ['missing', 'implant', 'bridge_pontic'];

const standing = (status: FindingStatus) => status === 'existing' || status === 'done';

/**
 * Fold findings into the latest state of each tooth that has any. Order of `recordedAt` decides; findings of
 * the same instant keep their order in the list. Findings on numbers that do not exist are left out.
 */
export function foldChart(findings: readonly FindingView[]): Map<string, ToothView> {
  const ordered = findings.toSorted((a, b) => Date.parse(a.recordedAt) - Date.parse(b.recordedAt));
  const views = new Map<string, ToothView>();
  for (const finding of ordered) {
    if (!teeth.has(finding.tooth)) continue;
    const view = views.get(finding.tooth) ?? emptyTooth(finding.tooth);
    views.set(finding.tooth, view);
    view.history.unshift(finding);
    if (!finding.withdrawn) apply(view, finding);
  }
  return views;
}

export function emptyTooth(number: string): ToothView {
  return {
    tooth: parseTooth(number).number,
    presence: 'present',
    presenceStatus: null,
    surfaces: {},
    whole: {},
    active: [],
    history: []
  };
}

function apply(view: ToothView, finding: FindingView): void {
  const { code, status } = finding;
  if (code === 'healthy' || (clears.includes(code) && standing(status))) reset(view);
  // An extraction that was done leaves a gap.
  if (code === 'extraction' && status === 'done') {
    reset(view);
    view.presence = 'missing';
    view.presenceStatus = 'done';
  }
  if (standing(status)) for (const ended of ends[code] ?? []) end(view, ended);

  const presence = presenceCodes[code];
  if (presence && (standing(status) || code === 'residual_root' || code === 'impacted')) {
    view.presence = presence;
    view.presenceStatus = status;
  }
  if (code === 'healthy') return;

  const mark: Mark = { findingId: finding.id, code, status, grade: finding.grade };
  if (finding.surfaces.length > 0) for (const surface of finding.surfaces) view.surfaces[surface] = mark;
  else view.whole[code] = mark;
  view.active = [finding, ...view.active.filter((other) => stillHolds(view, other))];
}

function reset(view: ToothView): void {
  view.presence = 'present';
  view.presenceStatus = null;
  view.surfaces = {};
  view.whole = {};
  view.active = [];
}

function end(view: ToothView, code: FindingCode): void {
  delete view.whole[code];
  for (const [surface, mark] of Object.entries(view.surfaces) as [Surface, Mark][])
    if (mark.code === code) delete view.surfaces[surface];
  if (presenceCodes[code] === view.presence) {
    view.presence = 'present';
    view.presenceStatus = null;
  }
  view.active = view.active.filter((finding) => stillHolds(view, finding));
}

/** True while some mark of the tooth still comes from this finding. */
function stillHolds(view: ToothView, finding: FindingView): boolean {
  return (
    Object.values(view.surfaces).some((mark) => mark?.findingId === finding.id) ||
    Object.values(view.whole).some((mark) => mark?.findingId === finding.id)
  );
}

/** Why a draft is odd; the writer may have a reason, so it warns and never forbids. */
export type FindingWarning =
  'on_missing' | 'on_implant' | 'on_pontic' | 'no_crown' | 'repeated' | 'not_erupted';

/** What is odd about putting `draft` on this tooth as it stands. */
export function warningsFor(
  view: ToothView,
  draft: Pick<FindingDraft, 'code' | 'surfaces' | 'status' | 'grade'>
): FindingWarning[] {
  const { on } = ruleOf(draft.code);
  const natural =
    on === 'crown' || on === 'root' || ['percussion', 'recession', 'extraction'].includes(draft.code);
  const warnings: FindingWarning[] = [];
  if (natural && view.presence === 'missing') warnings.push('on_missing');
  if (on !== 'any' && view.presence === 'implant') warnings.push('on_implant');
  if (natural && view.presence === 'pontic') warnings.push('on_pontic');
  if (on === 'crown' && view.presence === 'residual_root') warnings.push('no_crown');
  if (on === 'crown' && (view.presence === 'unerupted' || view.presence === 'impacted'))
    warnings.push('not_erupted');
  if (isRepeated(view, draft)) warnings.push('repeated');
  return warnings;
}

/** True where the chart already says exactly this. */
export function isRepeated(
  view: ToothView,
  draft: Pick<FindingDraft, 'code' | 'surfaces' | 'status' | 'grade'>
): boolean {
  const same = (mark: Mark | undefined) =>
    mark?.code === draft.code && mark.status === draft.status && mark.grade === (draft.grade || null);
  if (draft.surfaces.length === 0) return same(view.whole[draft.code]);
  return draft.surfaces.every((surface) => same(view.surfaces[surface as Surface]));
}

/** What accepting a proposal would do to the chart as it stands now. */
export type ProposalEffect =
  | { kind: 'adds' }
  | { kind: 'repeats' }
  | { kind: 'replaces'; marks: Mark[] }
  | { kind: 'odd'; warnings: FindingWarning[] };

export function effectOf(view: ToothView, proposal: ProposalGhost): ProposalEffect {
  if (isRepeated(view, proposal)) return { kind: 'repeats' };
  const warnings = warningsFor(view, proposal);
  if (warnings.length > 0) return { kind: 'odd', warnings };
  const marks = proposal.surfaces
    .map((surface) => view.surfaces[surface as Surface])
    .filter((mark): mark is Mark => mark !== undefined);
  return marks.length > 0 ? { kind: 'replaces', marks } : { kind: 'adds' };
}

/** Proposals by tooth number; those on numbers that do not exist are left out. */
export function ghostsByTooth(proposals: readonly ProposalGhost[]): Map<string, ProposalGhost[]> {
  const ghosts = new Map<string, ProposalGhost[]>();
  for (const proposal of proposals)
    if (teeth.has(proposal.tooth))
      ghosts.set(proposal.tooth, [...(ghosts.get(proposal.tooth) ?? []), proposal]);
  return ghosts;
}

/** Which rows to show first: primary ones as soon as any primary tooth is charted. */
export function dentitionShown(
  findings: readonly Pick<FindingView, 'tooth' | 'withdrawn'>[]
): 'permanent' | 'primary' | 'mixed' {
  const seen = (dentition: Dentition) =>
    findings.some((finding) => !finding.withdrawn && teeth.get(finding.tooth)?.dentition === dentition);
  if (!seen('primary')) return 'permanent';
  return seen('permanent') ? 'mixed' : 'primary';
}

/** Teeth of a run of bridge parts (abutments and pontics side by side), for the bar that joins them. */
export function bridges(views: ReadonlyMap<string, ToothView>): string[][] {
  const runs: string[][] = [];
  for (const arch of ['upper', 'lower'] as const) {
    let run: string[] = [];
    const close = () => {
      if (run.length > 1) runs.push(run);
      run = [];
    };
    for (const { number } of chartRow('permanent', arch)) {
      const whole = views.get(number)?.whole;
      if (whole?.bridge_abutment || whole?.bridge_pontic) run.push(number);
      else close();
    }
    close();
  }
  return runs;
}
