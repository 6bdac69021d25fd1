import { describe, expect, it } from 'vitest';
import { parsePlanDraft } from './plan.ts';
import { PlanEditorState } from './plan-editor.svelte.ts';

const procedures = (plan: PlanEditorState) =>
  plan.phases.map((phase) => phase.items.map((item) => `${item.tooth ?? '-'} ${item.procedure}`));

describe('writing a plan', () => {
  it('[TP-2][TP-9] adds one item a tooth, with its usual visits and its own surfaces', () => {
    const plan = new PlanEditorState();
    plan.add(plan.phases[0]!, 'filling', ['36', '11'], ['O', 'D']);
    plan.add(plan.phases[0]!, 'scaling', [], ['O']);
    expect(procedures(plan)).toEqual([['36 filling', '11 filling', '- scaling']]);
    expect(plan.items.map((item) => item.surfaces.join(''))).toEqual(['OD', 'D', '']);
    plan.add(plan.phases[0]!, 'root_canal', ['36'], []);
    expect(plan.items.at(-1)).toMatchObject({ visits: 3, minutes: 60 });
  });

  it('[TP-1] moves items within a phase and over its edge, and phases as a whole', () => {
    const plan = new PlanEditorState();
    plan.addPhase();
    const [first, second] = [plan.phases[0]!, plan.phases[1]!];
    plan.add(first, 'root_canal', ['36'], []);
    plan.add(first, 'crown', ['36'], []);
    plan.move(0, first.items[1]!, -1);
    expect(procedures(plan)[0]).toEqual(['36 crown', '36 root_canal']);
    plan.move(0, first.items[1]!, 1);
    expect(procedures(plan)).toEqual([['36 crown'], ['36 root_canal']]);
    plan.move(1, second.items[0]!, 1);
    plan.movePhase(0, -1);
    expect(procedures(plan)).toEqual([['36 crown'], ['36 root_canal']]);
    plan.movePhase(0, 1);
    expect(procedures(plan)).toEqual([['36 root_canal'], ['36 crown']]);
  });

  it('[TP-1] hands over a draft the server takes: no empty phases, no emptied numbers', () => {
    const plan = new PlanEditorState();
    plan.addPhase();
    plan.title = ' 36 ';
    plan.add(plan.phases[1]!, 'crown', ['36'], []);
    const item = plan.phases[1]!.items[0]!;
    Object.assign(item, { visits: null, minutes: 10_000, note: ' x ' });
    const draft = plan.toDraft();
    expect(draft).toEqual({
      title: '36',
      phases: [
        {
          title: '',
          items: [
            {
              tooth: '36',
              surfaces: [],
              procedure: 'crown',
              visits: 1,
              minutes: 480,
              priceMinor: null,
              note: 'x'
            }
          ]
        }
      ]
    });
    expect(parsePlanDraft(structuredClone(draft))).toEqual(draft);
    expect(new PlanEditorState(draft).toDraft()).toEqual(draft);
  });

  it('[TP-1] keeps one phase to write in', () => {
    const plan = new PlanEditorState();
    plan.removePhase(0);
    expect(plan.phases).toHaveLength(1);
  });
});
