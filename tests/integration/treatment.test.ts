import { describe, expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { nextItem, parsePlanDraft } from '#lib/features/treatment/plan.ts';
import { createPlan, insertPlan, readPlans } from '#lib/features/treatment/plans.server.ts';
import { recordAgreement, recordVisit, setItemStatus } from '#lib/features/treatment/progress.server.ts';
import { useRecordWorld } from '../support/record-world.ts';

const world = useRecordWorld();
const code = (expected: string) => expect.objectContaining({ code: expected });

const draft = {
  title: '36 根管治疗及全冠修复',
  phases: [
    { title: '牙髓治疗', items: [{ tooth: '36', procedure: 'root_canal', visits: 3, minutes: 60 }] },
    {
      title: '修复',
      items: [
        { tooth: '36', procedure: 'post_core', visits: 1, minutes: 45 },
        { tooth: '36', procedure: 'crown', visits: 2, minutes: 50, priceMinor: 180_000 }
      ]
    }
  ]
};
const make = () =>
  createPlan(world.call(world.home.members.dentist), { patientId: world.home.patientId, draft });

describe('a plan', () => {
  test('[TP-1] comes back as it was written, in its order', async () => {
    const plan = await make();
    expect(plan).toMatchObject({
      title: draft.title,
      status: 'active',
      acceptedBy: world.home.members.dentist.name,
      progress: { items: 3, itemsDone: 0, visits: 6, visitsDone: 0 }
    });
    expect(
      plan.phases.map((phase) => [phase.phase, phase.title, phase.items.map((item) => item.procedure)])
    ).toEqual([
      [1, '牙髓治疗', ['root_canal']],
      [2, '修复', ['post_core', 'crown']]
    ]);
    expect(plan.phases[1]!.items[1]!.priceMinor).toBe(180_000);
    const [read] = await readPlans(world.call(world.home.members.receptionist), world.home.patientId);
    expect(read).toEqual(plan);
  });

  test('[TP-1] an unknown tooth or procedure is refused', async () => {
    const call = world.call(world.home.members.dentist);
    const bad = (item: object) => ({
      patientId: world.home.patientId,
      draft: { title: 'x', phases: [{ title: '', items: [{ visits: 1, minutes: 30, ...item }] }] }
    });
    await expect(createPlan(call, bad({ tooth: '19', procedure: 'crown' }))).rejects.toEqual(
      code('unknown_tooth')
    );
    await expect(createPlan(call, bad({ tooth: '16', procedure: 'x' }))).rejects.toEqual(
      code('invalid_input')
    );
  });

  test('[TP-6] one request, or one proposal, makes one plan', async () => {
    const call = world.call(world.home.members.dentist);
    const id = newId();
    const twice = await Promise.all(
      [1, 2].map(() => createPlan(call, { id, patientId: world.home.patientId, draft }))
    );
    expect(twice[0]).toEqual(twice[1]);

    const { expert } = world.abroad.members;
    const proposed = {
      draft: parsePlanDraft(draft),
      patientId: world.home.patientId,
      authorId: expert.userId,
      authorName: expert.name,
      authorOrganisationId: expert.organisationId,
      consultId: newId(),
      proposalId: newId()
    };
    const accept = () => inTransaction(call, (tx) => insertPlan(tx, proposed));
    const first = await accept();
    expect(await accept()).toEqual(first);
    expect(first).toMatchObject({
      consultId: proposed.consultId,
      author: { name: expert.name },
      acceptedBy: world.home.members.dentist.name
    });
  });

  test('[TP-3][TP-4] moves on item by item to its end', async () => {
    const call = world.call(world.home.members.nurse);
    let plan = await make();
    const [first, second, third] = plan.phases.flatMap((phase) => phase.items);
    expect(nextItem(plan)?.id).toBe(first!.id);
    plan = await recordVisit(call, { itemId: first!.id });
    expect(plan.phases[0]!.items[0]).toMatchObject({ status: 'in-progress', visitsDone: 1 });
    plan = await setItemStatus(call, { itemId: first!.id, status: 'done' });
    expect(plan.progress).toEqual({ items: 3, itemsDone: 1, visits: 6, visitsDone: 3 });
    await expect(setItemStatus(call, { itemId: first!.id, status: 'cancelled' })).rejects.toEqual(
      code('conflict')
    );
    await expect(recordVisit(call, { itemId: first!.id })).rejects.toEqual(code('conflict'));
    await setItemStatus(call, { itemId: second!.id, status: 'cancelled' });
    plan = await setItemStatus(call, { itemId: third!.id, status: 'done' });
    expect(plan.status).toBe('done');
    expect(nextItem(plan)).toBeNull();
    const stored = (await readPlans(call, world.home.patientId)).find((other) => other.id === plan.id);
    expect(stored).toEqual(plan);
  });

  test('[TP-4] two items finished at once leave the plan done', async () => {
    const call = world.call(world.home.members.dentist);
    const plan = await make();
    const items = plan.phases.flatMap((phase) => phase.items);
    await Promise.all(items.map((item) => setItemStatus(call, { itemId: item.id, status: 'done' })));
    const stored = (await readPlans(call, world.home.patientId)).find((other) => other.id === plan.id);
    expect(stored?.status).toBe('done');
  });
});

describe('progress', () => {
  const read = async (planId: string) => {
    const plans = await readPlans(world.call(world.home.members.dentist), world.home.patientId);
    return plans.find((plan) => plan.id === planId)!;
  };

  test('[TP-12] a cancelled item says why, and no longer once it is planned again', async () => {
    const call = world.call(world.home.members.nurse);
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    await setItemStatus(call, { itemId, from: 'planned', status: 'cancelled', reason: '患者选择拔除' });
    expect((await read(plan.id)).phases[0]!.items[0]).toMatchObject({
      status: 'cancelled',
      cancelReason: '患者选择拔除'
    });
    await setItemStatus(call, { itemId, from: 'cancelled', status: 'planned' });
    expect((await read(plan.id)).phases[0]!.items[0]).toMatchObject({ status: 'planned', cancelReason: '' });
  });

  test('[TP-13] what was decided on an older state is a conflict and changes nothing', async () => {
    const call = world.call(world.home.members.nurse);
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    await setItemStatus(call, { itemId, from: 'planned', status: 'done' });
    await expect(setItemStatus(call, { itemId, from: 'in-progress', status: 'planned' })).rejects.toEqual(
      code('conflict')
    );
    expect((await read(plan.id)).phases[0]!.items[0]!.status).toBe('done');
  });

  test('[TP-13] a visit clicked twice counts once', async () => {
    const call = world.call(world.home.members.nurse);
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    const twice = await Promise.allSettled([1, 2].map(() => recordVisit(call, { itemId, visitsDone: 0 })));
    expect(twice.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await read(plan.id)).progress.visitsDone).toBe(1);
  });

  test('[TP-13] a visit counted by mistake is taken back, and a finished item returns with its count', async () => {
    const call = world.call(world.home.members.nurse);
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    await recordVisit(call, { itemId });
    await recordVisit(call, { itemId });
    await setItemStatus(call, { itemId, status: 'in-progress', visitsDone: 1 });
    expect((await read(plan.id)).progress.visitsDone).toBe(1);
    await setItemStatus(call, { itemId, status: 'done' });
    await setItemStatus(call, { itemId, status: 'in-progress', visitsDone: 1 });
    expect((await read(plan.id)).phases[0]!.items[0]).toMatchObject({ status: 'in-progress', visitsDone: 1 });
  });

  test('[TP-14] the patient’s agreement is kept with who wrote it down, once, and taken back', async () => {
    const { dentist } = world.home.members;
    const call = world.call(dentist);
    const plan = await make();
    expect(plan.agreement).toBeNull();
    const agreed = await recordAgreement(call, { planId: plan.id, by: 'delegate' });
    expect(agreed.agreement).toMatchObject({ by: 'delegate', recordedBy: dentist.name });
    expect(await recordAgreement(call, { planId: plan.id, by: 'delegate' })).toEqual(agreed);
    expect((await read(plan.id)).agreement).toEqual(agreed.agreement);
    expect((await recordAgreement(call, { planId: plan.id, by: null })).agreement).toBeNull();
    const trail = await world.audit(world.home.organisationId, 'plan.agreement');
    expect(trail.slice(-2).map((event) => event.detail)).toEqual([
      { from: 'none', to: 'delegate' },
      { from: 'delegate', to: 'none' }
    ]);
  });
});

describe('who may', () => {
  test('[TP-7] a nurse moves and does not make; a receptionist only reads', async () => {
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    const { nurse, receptionist } = world.home.members;
    const input = { patientId: world.home.patientId, draft };
    await expect(createPlan(world.call(nurse), input)).rejects.toEqual(code('forbidden'));
    await expect(createPlan(world.call(receptionist), input)).rejects.toEqual(code('forbidden'));
    await expect(setItemStatus(world.call(receptionist), { itemId, status: 'done' })).rejects.toEqual(
      code('forbidden')
    );
  });

  test('[TP-7] to another organisation patient, plan and item do not exist', async () => {
    const plan = await make();
    const itemId = plan.phases[0]!.items[0]!.id;
    for (const actor of [world.abroad.members.dentist, world.abroad.members.expert]) {
      const call = world.call(actor);
      await expect(readPlans(call, world.home.patientId)).rejects.toEqual(code('not_found'));
      await expect(createPlan(call, { patientId: world.home.patientId, draft })).rejects.toEqual(
        code('not_found')
      );
      await expect(setItemStatus(call, { itemId, status: 'done' })).rejects.toEqual(code('not_found'));
      await expect(recordVisit(call, { itemId })).rejects.toEqual(code('not_found'));
    }
  });

  test('[TP-7][TP-8] a granted expert reads, changes nothing, and the owner’s trail says so', async () => {
    const plan = await make();
    await world.grant(['identity', 'plan']);
    const { expert } = world.abroad.members;
    const call = world.call(expert);
    const plans = await readPlans(call, world.home.patientId);
    expect(plans.map((other) => other.id)).toContain(plan.id);
    expect(plans.find((other) => other.id === plan.id)?.progress.items).toBe(3);
    await expect(createPlan(call, { patientId: world.home.patientId, draft })).rejects.toEqual(
      code('forbidden')
    );
    const itemId = plan.phases[0]!.items[0]!.id;
    await expect(setItemStatus(call, { itemId, status: 'done' })).rejects.toEqual(code('not_found'));
    const reads = await world.audit(world.home.organisationId, 'plan.read');
    expect(reads.at(-1)).toMatchObject({ actor_id: expert.userId });
  });

  test('[TP-14] only who plans a treatment records the agreement, and at home only', async () => {
    const plan = await make();
    const input = { planId: plan.id, by: 'patient' as const };
    const { nurse, receptionist, owner } = world.home.members;
    for (const actor of [nurse, receptionist, owner])
      await expect(recordAgreement(world.call(actor), input)).rejects.toEqual(code('forbidden'));
    await world.grant(['identity', 'plan']);
    for (const actor of [world.abroad.members.dentist, world.abroad.members.expert])
      await expect(recordAgreement(world.call(actor), input)).rejects.toEqual(code('not_found'));
  });
});
