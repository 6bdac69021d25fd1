import { describe, expect, it } from 'vitest';
import { asAppError } from '#lib/kernel/errors.ts';
import type { DemoMouth } from '#lib/features/odontogram/demo.ts';
import { demoPlans } from './demo.ts';
import {
  bookableItems,
  itemStatuses,
  nextItem,
  nextItemStatuses,
  parsePlanDraft,
  planStatusOf,
  progressOf,
  totalsOf,
  visitsDoneAt,
  wayBetween,
  type ItemStatus,
  type PlanItemView
} from './plan.ts';
import { procedureCodes, procedureRule, proceduresFor, usualVisits } from './procedures.ts';

const codeOf = (value: unknown) => {
  try {
    parsePlanDraft(value);
  } catch (error) {
    return asAppError(error)?.code;
  }
  return 'none';
};
const draft = (over: object = {}) => ({
  title: '36 根管治疗',
  phases: [{ title: '', items: [{ tooth: '36', procedure: 'root_canal', visits: 3, minutes: 60, ...over }] }]
});
const view = (status: ItemStatus, over: Partial<PlanItemView> = {}): PlanItemView => ({
  id: 'i',
  tooth: '36',
  surfaces: [],
  procedure: 'root_canal',
  visits: 3,
  visitsDone: 0,
  minutes: 60,
  priceMinor: null,
  note: '',
  cancelReason: '',
  appointmentId: null,
  booked: null,
  status,
  ...over
});

describe('a draft', () => {
  it('[TP-1] is completed with what was left out', () => {
    expect(parsePlanDraft(draft()).phases[0]!.items[0]).toEqual({
      tooth: '36',
      surfaces: [],
      procedure: 'root_canal',
      visits: 3,
      minutes: 60,
      priceMinor: null,
      note: ''
    });
  });

  it.each([
    ['an unknown tooth', draft({ tooth: '49' }), 'unknown_tooth'],
    ['a surface the tooth has not', draft({ procedure: 'filling', surfaces: ['I'] }), 'surface_not_on_tooth'],
    ['no tooth where one is needed', draft({ tooth: null }), 'invalid_input'],
    ['an unknown procedure', draft({ procedure: 'magic' }), 'invalid_input'],
    ['no visits', draft({ visits: 0 }), 'invalid_input'],
    ['half a visit', draft({ visits: 1.5 }), 'invalid_input'],
    ['a price below nothing', draft({ priceMinor: -1 }), 'invalid_input'],
    ['a price in fractions', draft({ priceMinor: 0.5 }), 'invalid_input'],
    ['no title', { ...draft(), title: '  ' }, 'invalid_input'],
    ['no items', { title: 'x', phases: [{ title: '', items: [] }] }, 'invalid_input'],
    ['nothing at all', null, 'invalid_input']
  ])('[TP-1] is refused with %s', (_, value, code) => expect(codeOf(value)).toBe(code));

  it('[TP-1] loses empty phases and what is not its own', () => {
    const parsed = parsePlanDraft({
      ...draft({ status: 'done' }),
      phases: [{ items: [] }, ...draft({ status: 'done' }).phases]
    });
    expect(parsed.phases).toHaveLength(1);
    expect(parsed.phases[0]!.items[0]).not.toHaveProperty('status');
  });

  it('[TP-2] starts from the usual visits of the procedure on that tooth', () => {
    expect(usualVisits('root_canal', '36')).toEqual({ visits: 3, minutes: 60 });
    expect(usualVisits('root_canal', '11').visits).toBe(2);
    expect(usualVisits('scaling', null).visits).toBe(1);
  });

  it('[TP-2] offers what fits first and hides nothing', () => {
    expect(proceduresFor('36')).toHaveLength(procedureCodes.length);
    expect(procedureRule(proceduresFor(null)[0]!).scope).not.toBe('tooth');
    expect(proceduresFor('11').indexOf('veneer')).toBeLessThan(proceduresFor('11').indexOf('scaling'));
    expect(proceduresFor('75').indexOf('implant_placement')).toBeGreaterThan(
      proceduresFor('75').indexOf('pulpotomy')
    );
  });

  it('[TP-2] adds up', () => {
    expect(totalsOf(parsePlanDraft(draft()))).toEqual({ items: 1, visits: 3, minutes: 180 });
  });
});

describe('a plan', () => {
  it('[TP-3] moves items only along their states', () => {
    const allowed = itemStatuses.flatMap((from) => nextItemStatuses(from).map((to) => `${from} ${to}`));
    expect(allowed).toEqual([
      'planned in-progress',
      'planned done',
      'planned cancelled',
      'in-progress planned',
      'in-progress done',
      'in-progress cancelled',
      'done in-progress',
      'cancelled planned'
    ]);
  });

  it('[TP-3] knows the way back from every slip', () => {
    expect(wayBetween('done', 'planned')).toEqual(['in-progress', 'planned']);
    expect(wayBetween('cancelled', 'in-progress')).toEqual(['planned', 'in-progress']);
    for (const from of itemStatuses)
      for (const to of nextItemStatuses(from)) {
        const back = wayBetween(to, from);
        expect(back.at(-1)).toBe(from);
        [to, ...back].reduce((at, step) => {
          expect(nextItemStatuses(at)).toContain(step);
          return step;
        });
      }
  });

  it('[TP-3] counts visits with the state', () => {
    expect(visitsDoneAt('done', { visits: 3, visitsDone: 1 })).toBe(3);
    expect(visitsDoneAt('done', { visits: 3, visitsDone: 4 })).toBe(4);
    expect(visitsDoneAt('planned', { visits: 3, visitsDone: 2 })).toBe(0);
    expect(visitsDoneAt('in-progress', { visits: 3, visitsDone: 3 })).toBe(2);
    expect(visitsDoneAt('cancelled', { visits: 3, visitsDone: 1 })).toBe(1);
  });

  it.each<[ItemStatus[], string]>([
    [['planned'], 'active'],
    [['done', 'in-progress'], 'active'],
    [['done', 'cancelled'], 'done'],
    [['cancelled', 'cancelled'], 'cancelled'],
    [[], 'active']
  ])('[TP-4] with items %j is %s', (statuses, expected) => {
    expect(planStatusOf(statuses.map((status) => ({ status })))).toBe(expected);
  });

  it('[TP-4] measures progress in visits, without what was cancelled', () => {
    expect(
      progressOf([
        view('done', { visits: 1, visitsDone: 0 }),
        view('in-progress', { visitsDone: 1 }),
        view('cancelled')
      ])
    ).toEqual({ items: 2, itemsDone: 1, visits: 4, visitsDone: 2 });
  });

  it('[TP-5] says what comes next: what is under way, else the first planned', () => {
    const plan = (...items: PlanItemView[]) => ({
      status: 'active' as const,
      phases: [{ phase: 1, title: '', items }]
    });
    expect(nextItem(plan(view('done'), view('planned', { id: 'b' })))?.id).toBe('b');
    expect(nextItem(plan(view('planned'), view('in-progress', { id: 'c' })))?.id).toBe('c');
    expect(nextItem(plan(view('done')))).toBeNull();
    expect(nextItem({ ...plan(view('planned')), status: 'cancelled' })).toBeNull();
  });

  it('[TP-10] offers for booking what is next first, and nothing done or booked', () => {
    const items = [
      view('done', { id: 'a' }),
      view('planned', { id: 'b' }),
      view('in-progress', { id: 'c' }),
      view('planned', { id: 'd', appointmentId: 'x' })
    ];
    const plan = { status: 'active' as const, phases: [{ phase: 1, title: '', items }] };
    expect(bookableItems([plan]).map((item) => item.id)).toEqual(['c', 'b']);
    expect(bookableItems([{ ...plan, status: 'done' }])).toEqual([]);
  });
});

it.each<DemoMouth>(['adult', 'elderly', 'child', 'orthodontic', 'implant', 'periodontal'])(
  '[TP-1] every demo plan of a %s mouth is one a dentist could write',
  (mouth) => {
    for (let index = 0; index < 12; index++)
      for (const plan of demoPlans({ mouth, index })) expect(codeOf(plan)).toBe('none');
  }
);
