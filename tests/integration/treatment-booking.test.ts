import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import type { MemberActor } from '#lib/kernel/actor.ts';
import type { AppointmentMove, AppointmentStatus } from '#lib/features/appointments/appointment.ts';
import { bookVisit, moveVisit } from '#lib/features/treatment/booking.server.ts';
import { bookableItems } from '#lib/features/treatment/plan.ts';
import { createPlan, readPlans } from '#lib/features/treatment/plans.server.ts';
import { setItemStatus } from '#lib/features/treatment/progress.server.ts';
import { useRecordWorld, type RecordClinic } from '../support/record-world.ts';
import { refusal } from '../support/refusal.ts';

const world = useRecordWorld();
const now = new Date('2026-11-22T02:00:00Z');
const chairs = new Map<RecordClinic, string>();
let otherPatientId: string;

beforeAll(async () => {
  for (const clinic of [world.home, world.abroad]) {
    const id = newId();
    chairs.set(clinic, id);
    await world.owner`insert into chair (id, organisation_id, clinic_id, name)
                      values (${id}, ${clinic.organisationId}, ${clinic.clinicId}, '1 号椅')`;
  }
  otherPatientId = newId();
  await world.owner`insert into patient (id, organisation_id, clinic_id, number, name, sex, birth_date, phone)
    values (${otherPatientId}, ${world.home.organisationId}, ${world.home.clinicId}, 'P000002', '张伟', 'male', '1985-03-01', '13800005678')`;
});

const as = (actor: MemberActor) => world.call(actor, now);
const dentist = () => as(world.home.members.dentist);

async function makePlan(patientId = world.home.patientId) {
  const items = [
    { tooth: '36', procedure: 'root_canal', visits: 3, minutes: 60 },
    { tooth: '36', procedure: 'crown', visits: 2, minutes: 50 }
  ];
  const plan = await createPlan(dentist(), {
    patientId,
    draft: { title: '36 根管治疗', phases: [{ title: '', items }] }
  });
  return { planId: plan.id, item: plan.phases[0]!.items[0]!, second: plan.phases[0]!.items[1]! };
}
async function itemNow(planId: string, actor = world.home.members.dentist) {
  const plans = await readPlans(as(actor), world.home.patientId);
  return plans.find((plan) => plan.id === planId)!.phases[0]!.items[0]!;
}

/** Every booking of this file has a time of its own. */
let hour = 0;
const request = (planItemId: string | null, over: Partial<Parameters<typeof bookVisit>[1]> = {}) => ({
  clinicId: world.home.clinicId,
  patientId: world.home.patientId,
  practitionerId: world.home.members.dentist.memberId,
  chairId: chairs.get(world.home)!,
  startsAt: new Date(now.getTime() + ++hour * 3_600_000),
  minutes: 60,
  reason: '36 根管治疗',
  note: '',
  planItemId,
  ...over
});
const move = (id: string, from: AppointmentStatus, step: AppointmentMove, at = now) =>
  moveVisit(world.call(world.home.members.dentist, at), { id, from, move: step, reason: '' });

describe('booking an item of a plan', () => {
  test('[TP-10] marks the item; the plan says when and whose chair', async () => {
    const { planId, item, second } = await makePlan();
    const input = request(item.id);
    const appointment = await bookVisit(dentist(), input);
    expect(await itemNow(planId)).toMatchObject({
      appointmentId: appointment.id,
      booked: {
        startsAt: input.startsAt.toISOString(),
        minutes: 60,
        practitioner: world.home.members.dentist.name,
        chair: '1 号椅'
      }
    });
    const plans = (await readPlans(dentist(), world.home.patientId)).filter((plan) => plan.id === planId);
    expect(bookableItems(plans).map((left) => left.id)).toEqual([second.id]);
    const trail = await world.audit(world.home.organisationId, 'plan.item_booked');
    expect(trail.at(-1)).toMatchObject({ patient_id: world.home.patientId });
  });

  test('[TP-10] clicks at once make one appointment and one mark', async () => {
    const { planId, item } = await makePlan();
    const input = request(item.id);
    const made = await Promise.all([1, 2, 3].map(() => bookVisit(dentist(), input)));
    expect(new Set(made.map((one) => one.id)).size).toBe(1);
    expect((await itemNow(planId)).appointmentId).toBe(made[0]!.id);
  });

  test('[TP-10] an item has one open appointment, also when two book at once', async () => {
    const { planId, item } = await makePlan();
    const inputs = [request(item.id), request(item.id)];
    const codes = await Promise.all(inputs.map((input) => refusal(bookVisit(dentist(), input))));
    expect(codes.sort()).toEqual(['item_already_booked', null]);
    const rows = await world.owner`select id from appointment where plan_item_id = ${item.id}`;
    expect(rows.map((row) => row['id'])).toEqual([(await itemNow(planId)).appointmentId]);
  });

  test('[TP-10] refuses an unknown item, another patient’s, another organisation’s, and leaves no appointment', async () => {
    const { item } = await makePlan();
    const before = await world.owner`select count(*) from appointment`;
    const others = await makePlan(otherPatientId);
    expect(await refusal(bookVisit(dentist(), request(others.item.id)))).toBe('not_found');
    expect(await refusal(bookVisit(dentist(), request(newId())))).toBe('not_found');
    const { abroad } = world;
    const foreign = request(item.id, {
      clinicId: abroad.clinicId,
      patientId: abroad.patientId,
      practitionerId: abroad.members.dentist.memberId,
      chairId: chairs.get(abroad)!
    });
    expect(await refusal(bookVisit(as(abroad.members.dentist), foreign))).toBe('not_found');
    expect(await world.owner`select count(*) from appointment`).toEqual(before);
  });

  test('[TP-10] what is done or cancelled is not booked', async () => {
    const { item, second } = await makePlan();
    await setItemStatus(dentist(), { itemId: item.id, status: 'done' });
    await setItemStatus(dentist(), { itemId: second.id, status: 'cancelled' });
    expect(await refusal(bookVisit(dentist(), request(item.id)))).toBe('item_not_open');
    expect(await refusal(bookVisit(dentist(), request(second.id)))).toBe('item_not_open');
  });

  test('[TP-10] reception books for a plan it may not move; an expert does not', async () => {
    const { planId, item } = await makePlan();
    const { receptionist, expert } = world.home.members;
    expect(await refusal(bookVisit(as(expert), request(item.id)))).toBe('forbidden');
    const { id } = await bookVisit(as(receptionist), request(item.id));
    expect((await itemNow(planId)).appointmentId).toBe(id);
  });

  test('[TP-10] the book’s walls hold in the plan: another clinic sees that, not when', async () => {
    const { planId, item } = await makePlan();
    const { id } = await bookVisit(dentist(), request(item.id));
    const { organisationId, clinicId, patientId, members } = world.home;
    const other = newId();
    await world.owner`insert into clinic (id, organisation_id, name, name_en) values (${other}, ${organisationId}, '城东', 'East')`;
    const elsewhere = { ...members.nurse, clinicId: other };
    // [TE-5] Of a clinic that is not theirs they see no patient at all.
    expect(await refusal(itemNow(planId, elsewhere))).toBe('not_found');
    // Theirs by now, and still booked at the clinic they came from.
    await world.owner`update patient set clinic_id = ${other} where id = ${patientId}`;
    expect(await itemNow(planId, elsewhere)).toMatchObject({ appointmentId: id, booked: null });
    await world.owner`update patient set clinic_id = ${clinicId} where id = ${patientId}`;
  });
});

describe('the item follows its appointment', () => {
  test('[TP-11] free when it is cancelled, booked again when that is taken back', async () => {
    const { planId, item } = await makePlan();
    const { id } = await bookVisit(dentist(), request(item.id));
    await move(id, 'booked', 'cancel');
    expect(await itemNow(planId)).toMatchObject({ appointmentId: null, booked: null });
    await move(id, 'cancelled', 'undo');
    expect((await itemNow(planId)).appointmentId).toBe(id);
  });

  test('[TP-11] taking a cancellation back is refused where the item was booked anew', async () => {
    const { planId, item } = await makePlan();
    const first = await bookVisit(dentist(), request(item.id));
    await move(first.id, 'booked', 'cancel');
    const second = await bookVisit(dentist(), request(item.id));
    expect(await refusal(move(first.id, 'cancelled', 'undo'))).toBe('item_already_booked');
    expect((await itemNow(planId)).appointmentId).toBe(second.id);
    const [row] = await world.owner`select status from appointment where id = ${first.id}`;
    expect(row!['status']).toBe('cancelled');
  });

  test('[TP-11] keeps it through the visit, and is free for the next one when it is over', async () => {
    const { planId, item } = await makePlan();
    const input = request(item.id);
    const { id } = await bookVisit(dentist(), input);
    await move(id, 'booked', 'seat', input.startsAt);
    expect((await itemNow(planId)).appointmentId).toBe(id);
    await move(id, 'in-chair', 'finish', input.startsAt);
    expect((await itemNow(planId)).appointmentId).toBeNull();
    expect(await refusal(bookVisit(dentist(), request(item.id)))).toBeNull();
  });
});
