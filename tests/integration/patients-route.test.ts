import type { RequestEvent } from '@sveltejs/kit';
import { describe, expect, test } from 'vitest';
import type { MemberActor } from '#lib/kernel/actor.ts';
import { newId } from '#lib/kernel/ids.ts';
import { listPatients } from '#lib/features/patients/patients.server.ts';
import { POST } from '../../src/routes/api/patients/+server.ts';
import { useWorld } from '../support/world.ts';

const world = useWorld();

const person = (over: object = {}) => ({
  clinicId: world.clinicId,
  name: '赵小红',
  sex: 'female',
  birthDate: '1990-01-02',
  phone: '139 0000 9999',
  ...over
});

/** The route as a browser meets it. */
async function post(actor: MemberActor | null, body: unknown) {
  const request = new Request('http://localhost/api/patients', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body)
  });
  const locals = {
    services: world.services,
    member: actor,
    visitor: null,
    actor,
    request: { id: 'test', ip: '127.0.0.1' }
  };
  const response = await POST({ request, locals } as unknown as RequestEvent<never, never>);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const known = async () => (await listPatients(world.as(world.people.li))).map(({ id }) => id);

describe('POST /api/patients', () => {
  test('[PA-8] reception, nurse and dentist put a patient in; the answer is theirs alone to keep', async () => {
    const numbers = new Set<string>();
    for (const actor of [world.people.reception, world.people.nurse, world.people.li]) {
      const { status, body } = await post(actor, person({ name: `  新${actor.role}  ` }));
      expect(status).toBe(200);
      const [found] = await listPatients(world.as(actor), `新${actor.role}`);
      expect(found).toMatchObject({ id: body['id'], name: `新${actor.role}`, birthDate: '1990-01-02' });
      numbers.add(found!.number);
    }
    expect(numbers.size).toBe(3);
  });

  test('[PA-8] who is not signed in, an expert, and another organisation’s clinic are refused', async () => {
    const before = await known();
    const { wang, stranger, reception } = world.people;
    expect(await post(null, person())).toMatchObject({ status: 401, body: { code: 'not_signed_in' } });
    expect(await post(wang, person())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await post(stranger, person())).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await post(reception, person({ clinicId: newId() }))).toMatchObject({
      status: 404,
      body: { code: 'not_found' }
    });
    expect(await known()).toEqual(before);
  });

  test.each<[string, object | string, string]>([
    ['no name', { name: '   ' }, 'name'],
    ['a sex that is none', { sex: 'f' }, 'sex'],
    ['a day that is none', { birthDate: '1990-02-31' }, 'birthDate'],
    ['a birthday to come', { birthDate: '2999-01-01' }, 'birthDate'],
    ['a birthday before anyone’s', { birthDate: '1800-01-01' }, 'birthDate'],
    ['a phone of letters', { phone: 'call me' }, 'phone'],
    ['a mail address that is none', { email: 'x' }, 'email'],
    ['a clinic that is no id', { clinicId: "'; drop table patient; --" }, 'clinicId'],
    ['no clinic', { clinicId: undefined }, 'clinicId'],
    ['no JSON', '{"name": ', ''],
    ['JSON that is no object', '[]', 'clinicId']
  ])('[PA-8] %s is refused and names the field', async (_, over, field) => {
    const before = await known();
    const answer = await post(world.people.li, typeof over === 'string' ? over : person(over));
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    expect((answer.body['detail'] as { field?: string }).field ?? '').toBe(field);
    expect(await known()).toEqual(before);
  });

  test('[PA-8] a name too long is told with its limit', async () => {
    const answer = await post(world.people.li, person({ name: '名'.repeat(101) }));
    expect(answer).toMatchObject({ status: 422, body: { code: 'text_too_long', detail: { max: 100 } } });
  });

  test('[PA-8] what nobody asked for is not taken over', async () => {
    const { body } = await post(
      world.people.li,
      person({ name: '夹带', number: 'P1', organisationId: world.hospitalId, id: newId() })
    );
    const [found] = await listPatients(world.as(world.people.li), '夹带');
    expect(found!.id).toBe(body['id']);
    expect(found!.number).not.toBe('P1');
  });
});
