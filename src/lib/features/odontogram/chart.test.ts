import { describe, expect, it } from 'vitest';
import { asAppError } from '#lib/kernel/errors.ts';
import {
  bridges,
  dentitionShown,
  effectOf,
  emptyTooth,
  foldChart,
  ghostsByTooth,
  pendingFinding,
  warningsFor,
  type FindingView,
  type ProposalGhost
} from './chart.ts';
import { checkFinding, codesFor, findingCodes, ruleOf, type FindingDraft } from './findings.ts';
import { parseTooth } from './teeth.ts';

let clock = 0;
/** A finding one minute after the one before. */
function finding(tooth: string, code: FindingDraft['code'], over: Partial<FindingView> = {}): FindingView {
  clock += 1;
  const grades = ruleOf(code).grades;
  return {
    id: `f${clock}`,
    ...checkFinding({
      tooth,
      code,
      surfaces: over.surfaces ?? [],
      status: over.status ?? ruleOf(code).status,
      grade: ruleOf(code).gradeRequired ? grades?.[0] : null
    }),
    author: { id: 'a', name: '李医生', organisationId: 'o' },
    recordedAt: new Date(Date.UTC(2026, 0, 1) + clock * 60_000).toISOString(),
    consultId: null,
    proposalId: null,
    withdrawn: null,
    ...over
  };
}
const on = (findings: FindingView[], tooth: string) => foldChart(findings).get(tooth)!;
const codeOf = (draft: FindingDraft) => {
  try {
    checkFinding(draft);
  } catch (error) {
    return asAppError(error)?.code;
  }
  return 'none';
};

describe('a finding', () => {
  it('[OD-5] suggests the diagnosis, by degree where that decides', () => {
    const icd = (draft: FindingDraft) => checkFinding(draft).icd10;
    expect(icd({ tooth: '36', surfaces: ['O'], code: 'caries', status: 'needs' })).toBe('K02.1');
    expect(icd({ tooth: '36', surfaces: ['O'], code: 'caries', status: 'needs', grade: 'superficial' })).toBe(
      'K02.0'
    );
    expect(icd({ tooth: '36', surfaces: [], code: 'periapical', status: 'needs' })).toBe('K04.5');
    expect(icd({ tooth: '36', surfaces: [], code: 'periapical', status: 'done' })).toBeNull();
  });

  it('[OD-5] wants surfaces where the code lives on surfaces, and drops them where it does not', () => {
    expect(codeOf({ tooth: '36', surfaces: [], code: 'caries', status: 'needs' })).toBe('invalid_input');
    expect(
      checkFinding({ tooth: '36', surfaces: ['O'], code: 'percussion', status: 'needs' }).surfaces
    ).toEqual([]);
  });

  it('[OD-5] refuses a degree that is not the code’s, and mobility without one', () => {
    expect(codeOf({ tooth: '36', surfaces: [], code: 'mobility', status: 'needs' })).toBe('invalid_input');
    expect(codeOf({ tooth: '36', surfaces: [], code: 'mobility', status: 'needs', grade: '4' })).toBe(
      'invalid_input'
    );
    expect(codeOf({ tooth: '36', surfaces: [], code: 'mobility', status: 'needs', grade: '2' })).toBe('none');
  });

  it('[OD-5] refuses a note beyond the limit', () => {
    expect(codeOf({ tooth: '36', surfaces: [], code: 'crown', status: 'done', note: 'x'.repeat(1001) })).toBe(
      'text_too_long'
    );
  });

  it('[OD-5] offers codes that fit the tooth, those of surfaces first when one is chosen', () => {
    expect(codesFor(parseTooth('36'), true)[0]).toBe('caries');
    expect(codesFor(parseTooth('36'), false)).toHaveLength(findingCodes.length - 1);
    expect(codesFor(parseTooth('75'), false)).not.toContain('implant');
    const first = codesFor(parseTooth('11'), true);
    expect(first.indexOf('wear')).toBeLessThan(first.indexOf('percussion'));
  });
});

describe('the chart', () => {
  it('[OD-6] shows a finding at once, as it will be saved', () => {
    const author = { id: 'a', name: '李医生', organisationId: 'o' };
    const at = new Date('2026-11-22T02:00:00Z');
    const draft = { tooth: '36', surfaces: ['D', 'O'], code: 'caries', status: 'needs' } as const;
    const pending = pendingFinding(draft, { id: 'x', author, at });
    expect(pending).toMatchObject({ id: 'x', surfaces: ['O', 'D'], icd10: 'K02.1', author });
    expect(on([pending], '36').surfaces.D?.findingId).toBe('x');
  });

  it('[OD-6] shows the latest finding of a surface and leaves the others', () => {
    const view = on(
      [
        finding('36', 'caries', { surfaces: ['O', 'D'] }),
        finding('36', 'filling', { surfaces: ['O'], status: 'done' })
      ],
      '36'
    );
    expect(view.surfaces.O).toMatchObject({ code: 'filling', status: 'done' });
    expect(view.surfaces.D).toMatchObject({ code: 'caries', status: 'needs' });
    expect(view.active).toHaveLength(2);
  });

  it('[OD-6] orders by time, not by place in the list', () => {
    const early = finding('36', 'caries', { surfaces: ['O'] });
    const late = finding('36', 'filling', { surfaces: ['O'] });
    expect(on([late, early], '36').surfaces.O?.code).toBe('filling');
  });

  it('[OD-6] a crown in place covers what was on the crown; one only planned does not', () => {
    const caries = finding('36', 'caries', { surfaces: ['O'] });
    expect(on([caries, finding('36', 'crown', { status: 'proposed' })], '36').surfaces.O?.code).toBe(
      'caries'
    );
    expect(on([caries, finding('36', 'crown', { status: 'done' })], '36').surfaces).toEqual({});
  });

  it('[OD-6] a root canal treatment ends pulpitis and tenderness, not the lesion at the apex', () => {
    const view = on(
      [
        finding('36', 'pulpitis'),
        finding('36', 'percussion'),
        finding('36', 'periapical'),
        finding('36', 'root_canal', { status: 'done' })
      ],
      '36'
    );
    expect(Object.keys(view.whole)).toEqual(['periapical', 'root_canal']);
  });

  it('[OD-6] a tooth taken out leaves a gap, an implant fills it, a crown goes on it', () => {
    const findings = [
      finding('46', 'caries', { surfaces: ['O'] }),
      finding('46', 'extraction', { status: 'done' })
    ];
    expect(on(findings, '46')).toMatchObject({ presence: 'missing', surfaces: {} });
    findings.push(finding('46', 'implant', { status: 'proposed' }));
    expect(on(findings, '46').presence).toBe('missing');
    findings.push(finding('46', 'implant', { status: 'done' }), finding('46', 'crown', { status: 'done' }));
    expect(on(findings, '46')).toMatchObject({ presence: 'implant', presenceStatus: 'done' });
    expect(on(findings, '46').history).toHaveLength(5);
  });

  it('[OD-6] "healthy" starts the tooth anew', () => {
    const view = on([finding('85', 'unerupted'), finding('85', 'healthy')], '85');
    expect(view).toMatchObject({ presence: 'present', active: [] });
  });

  it('[OD-7] a withdrawn finding stays in the history and nowhere else', () => {
    const wrong = finding('38', 'missing', {
      withdrawn: { at: '2026-01-02T00:00:00.000Z', by: '李', reason: '48' }
    });
    const view = on([wrong], '38');
    expect(view).toMatchObject({ presence: 'present', active: [] });
    expect(view.history).toEqual([wrong]);
  });

  it('[OD-6] leaves out numbers that do not exist', () => {
    expect(foldChart([{ ...finding('36', 'crown'), tooth: '99' }]).size).toBe(0);
  });

  it('[OD-8] warns of the impossible and of repetition', () => {
    const gone = on([finding('46', 'missing')], '46');
    const caries = { code: 'caries', surfaces: ['O'], status: 'needs' } as const;
    expect(warningsFor(gone, caries)).toEqual(['on_missing']);
    expect(warningsFor(emptyTooth('46'), caries)).toEqual([]);
    expect(
      warningsFor(on([finding('46', 'implant')], '46'), { ...caries, code: 'root_canal', surfaces: [] })
    ).toEqual(['on_implant']);
    expect(warningsFor(on([finding('46', 'residual_root')], '46'), caries)).toEqual(['no_crown']);
    expect(warningsFor(on([finding('46', 'unerupted')], '46'), caries)).toEqual(['not_erupted']);
    expect(warningsFor(on([finding('46', 'caries', { surfaces: ['O'] })], '46'), caries)).toEqual([
      'repeated'
    ]);
  });

  it('[OD-10] says what accepting a proposal would do', () => {
    const ghost: ProposalGhost = {
      id: 'p',
      tooth: '36',
      surfaces: ['O'],
      code: 'filling',
      status: 'proposed',
      proposer: { name: '周' }
    };
    expect(effectOf(emptyTooth('36'), ghost)).toEqual({ kind: 'adds' });
    expect(effectOf(on([finding('36', 'caries', { surfaces: ['O'] })], '36'), ghost)).toMatchObject({
      kind: 'replaces',
      marks: [{ code: 'caries' }]
    });
    expect(effectOf(on([finding('36', 'missing')], '36'), ghost)).toEqual({
      kind: 'odd',
      warnings: ['on_missing']
    });
    const same = finding('36', 'filling', { surfaces: ['O'], status: 'proposed' });
    expect(effectOf(on([same], '36'), ghost)).toEqual({ kind: 'repeats' });
    expect([...ghostsByTooth([ghost, { ...ghost, tooth: '99' }]).keys()]).toEqual(['36']);
  });

  it('[OD-3] opens with primary rows as soon as one primary tooth is charted', () => {
    expect(dentitionShown([])).toBe('permanent');
    expect(dentitionShown([finding('36', 'crown')])).toBe('permanent');
    expect(dentitionShown([finding('75', 'caries', { surfaces: ['O'] })])).toBe('primary');
    expect(dentitionShown([finding('75', 'missing'), finding('36', 'crown')])).toBe('mixed');
  });

  it('[OD-6] joins neighbouring parts of a bridge, across the midline too', () => {
    const parts = [
      finding('11', 'bridge_abutment'),
      finding('21', 'bridge_pontic'),
      finding('22', 'bridge_abutment'),
      finding('35', 'bridge_abutment')
    ];
    expect(bridges(foldChart(parts))).toEqual([['11', '21', '22']]);
  });
});
