import { expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import {
  endCallRequest,
  listCallRequests,
  numberToCall
} from '#lib/features/consults/call-request.server.ts';
import { invitePatient } from '#lib/features/consults/invite.server.ts';
import { readConsult } from '#lib/features/consults/read.server.ts';
import { askClinic, readVisit, takeBackRequest } from '#lib/features/consults/visit.server.ts';
import { addDelegate } from '#lib/features/patients/delegates.server.ts';
import { refusal } from '../support/refusal.ts';
import { entered, invited } from '../support/visitor.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

test('[CN-37] who asked to be called is a task with a number to dial, for whoever may keep them waiting', async () => {
  const { li, nurse, wang, reception, stranger, strangerNurse } = world.people;
  const { id, token } = await invited(world);
  const visitor = await entered(world, token);
  await askClinic(world.as(visitor), { kind: 'phone', text: '下午' });
  const [task, ...none] = await listCallRequests(world.as(nurse));
  expect(none).toEqual([]);
  expect(task).toMatchObject({ consultId: id, name: '王秀英', text: '下午', tries: [] });
  // The list, the consult and its events say no number.
  const requestId = task!.id;
  for (const view of [task, await readConsult(world.as(li), id), await readVisit(world.as(visitor))])
    expect(JSON.stringify(view)).not.toContain('13800001234');

  for (const one of [wang, reception, stranger, strangerNurse]) {
    expect(await listCallRequests(world.as(one))).toEqual([]);
    expect(await refusal(numberToCall(world.as(one), id, requestId))).toMatch(/^(forbidden|not_found)$/);
    const done = endCallRequest(world.as(one), id, { requestId, outcome: 'reached' });
    expect(await refusal(done)).toMatch(/^(forbidden|not_found)$/);
  }
  expect(await numberToCall(world.as(nurse), id, requestId)).toEqual({ phone: '13800001234' });

  await endCallRequest(world.as(nurse), id, { requestId, outcome: null });
  expect((await listCallRequests(world.as(li)))[0]?.tries).toMatchObject([{ byName: nurse.name }]);
  await endCallRequest(world.as(li), id, { requestId, outcome: 'reached' });
  expect(await listCallRequests(world.as(li))).toEqual([]);
  expect(await refusal(numberToCall(world.as(li), id, requestId))).toBe('not_found');

  const kept = await world.database
    .owner`select outcome, handled_by_name, handled_at from visit_request where id = ${requestId}`;
  expect(kept).toMatchObject([
    { outcome: 'reached', handled_by_name: li.name, handled_at: expect.any(Date) as Date }
  ]);
  const trail = await world.database.owner`select action, actor_id, detail from audit_event
    where consult_id = ${id} and action like 'visit.call%' order by number`;
  expect(trail.map(({ action, actor_id, detail }) => [action, actor_id, detail])).toEqual([
    ['visit.call-number', nurse.userId, {}],
    ['visit.call', nurse.userId, { outcome: 'no-answer' }],
    ['visit.call', li.userId, { outcome: 'reached' }]
  ]);
});

test('[CN-37] the number is that of whoever asked; what was taken back is called no more', async () => {
  const { li } = world.people;
  const { id } = await invited(world);
  const delegate = await addDelegate(world.as(li), {
    ...{ id: newId(), patientId: world.patientId, name: '王小梅', relation: 'daughter' },
    ...{ phone: '13900009999', scopes: ['join', 'times'], basis: '' }
  });
  const { path } = await invitePatient(world.as(li), id, delegate.id);
  const visitor = await entered(world, path.slice('/v/'.length), { agrees: false, digits: '9999' });
  await askClinic(world.as(visitor), { kind: 'phone', text: '' });
  const [task] = await listCallRequests(world.as(li));
  expect(task).toMatchObject({ name: '王小梅', patientName: '王秀英' });
  expect(await numberToCall(world.as(li), id, task!.id)).toEqual({ phone: '13900009999' });
  await takeBackRequest(world.as(visitor));
  expect(await refusal(numberToCall(world.as(li), id, task!.id))).toBe('not_found');
});
