import { eq, sql } from 'drizzle-orm';
import type { MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { once } from '#lib/kernel/bytes.ts';
import { dayMs } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import { appointments, chairs } from '#lib/features/appointments/tables.server.ts';
import { demoAppointments } from '#lib/features/appointments/demo.ts';
import { consults } from '#lib/features/consults/tables.server.ts';
import { askExpert } from '#lib/features/consults/ask.server.ts';
import { insertCredential } from '#lib/features/identity/credentials.server.ts';
import { expertListings, members, practitionerCredentials } from '#lib/features/identity/tables.server.ts';
import { listImages } from '#lib/features/imaging/read.server.ts';
import { uploadImage } from '#lib/features/imaging/upload.server.ts';
import { sealContact } from '#lib/features/patients/contact.server.ts';
import { healthItems, notes, patients } from '#lib/features/patients/tables.server.ts';
import type { DemoSignIn, Services } from '#lib/features/tenancy/call.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { demoFindings } from '#lib/features/odontogram/demo.ts';
import { insertFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { demoPlans } from '#lib/features/treatment/demo.ts';
import { insertPlan } from '#lib/features/treatment/plans.server.ts';
import {
  demoCentre,
  demoClinic,
  demoHospital,
  demoPassword,
  demoPatients,
  type DemoOrganisation,
  type DemoPatient
} from './people.ts';
import { startDrawing } from './drawing.ts';

/** The sign-ins of the demo world, for the terminal and the sign-in page. */
export function demoSignIns(): DemoSignIn[] {
  return [demoClinic, demoHospital, demoCentre].flatMap((organisation) =>
    organisation.people.map(({ name, role, email }) => ({
      name,
      role,
      organisation: organisation.name,
      email,
      password: demoPassword
    }))
  );
}

const request = { id: 'demo', ip: 'local' };

/**
 * Make the demo world, once. The waiting question is made last and tells that all is there, so that a start that
 * was killed half-way goes on where it stopped: patients come in one transaction, an image that is there is not
 * taken twice.
 */
export async function seedDemo(services: Services, onProgress: (message: string) => void): Promise<void> {
  const hospital = await ensureOrganisation(services, demoHospital);
  const clinic = await ensureOrganisation(services, demoClinic);
  await ensureOrganisation(services, demoCentre);
  const { patientIds, complete } = await whatIsThere(services, clinic);
  if (complete) return;
  onProgress('patients');
  const ids = patientIds.length > 0 ? patientIds : await seedPatients(services, clinic);
  await seedImages(services, clinic, ids, onProgress);
  await seedConsult(services, clinic, hospital, ids);
}

interface World {
  organisationId: string;
  clinicId: string;
  people: MemberActor[];
}

async function ensureOrganisation(services: Services, demo: DemoOrganisation): Promise<World> {
  const [existing] = await services.systemDb
    .select()
    .from(organisations)
    .where(eq(organisations.nameEn, demo.nameEn));
  if (existing) {
    await ensureCredentials(services, existing.id);
    return existingWorld(services, existing.id);
  }
  const organisationId = newId();
  const clinicId = newId();
  const people = await Promise.all(
    demo.people.map(async (person) => ({
      ...person,
      userId: await userFor(services, person),
      memberId: newId()
    }))
  );
  await asSystem(services, organisationId, async (tx) => {
    const { name, nameEn, kind } = demo;
    await tx.rows.insert(organisations).values({ id: organisationId, name, nameEn, kind });
    await tx.rows.insert(clinics).values({ id: clinicId, organisationId, name, nameEn });
    for (const [i, person] of people.entries()) {
      const { userId, role, title, specialty } = person;
      await tx.rows.insert(members).values({
        id: person.memberId,
        organisationId,
        userId,
        clinicId,
        role,
        name: person.name,
        title,
        specialty: specialty ?? null,
        createdAt: new Date(tx.now.getTime() + i)
      });
      if (specialty)
        await tx.rows.insert(expertListings).values({
          organisationId,
          memberId: person.memberId,
          userId,
          name: person.name,
          title,
          specialty,
          organisationName: name,
          organisationNameEn: nameEn
        });
    }
    await tx.audit({ action: 'organisation.add', subject: { type: 'organisation', id: organisationId } });
  });
  await ensureCredentials(services, organisationId);
  return existingWorld(services, organisationId);
}

/** The demo's experts may practise for two more years; one who has a credential keeps it. */
async function ensureCredentials(services: Services, organisationId: string): Promise<void> {
  await asSystem(services, organisationId, async (tx) => {
    const experts = await tx.rows
      .select()
      .from(expertListings)
      .where(eq(expertListings.organisationId, organisationId));
    const [owner] = await tx.rows.select().from(members).where(eq(members.role, 'owner'));
    const held = await tx.rows.select().from(practitionerCredentials);
    for (const [i, expert] of experts.entries()) {
      if (held.some((row) => row.memberId === expert.memberId)) continue;
      await insertCredential(tx, {
        memberId: expert.memberId,
        specialty: expert.specialty,
        licenceNumber: `11044010000${String(1201 + i)}`,
        issuedBy: '市卫生健康委员会',
        validUntil: new Date(tx.now.getTime() + 730 * dayMs).toISOString().slice(0, 10),
        byId: owner?.userId ?? expert.userId,
        byName: owner?.name ?? expert.organisationName
      });
    }
  });
}

async function userFor(services: Services, person: { email: string; name: string }): Promise<string> {
  const { rows } = await services.systemDb.execute<{ id: string }>(
    sql`select id from "user" where email = ${person.email}`
  );
  return rows[0]?.id ?? services.auth.createUser({ ...person, password: demoPassword });
}

async function existingWorld(services: Services, organisationId: string): Promise<World> {
  return asSystem(services, organisationId, async (tx) => {
    const rows = await tx.rows.select().from(members).orderBy(members.createdAt);
    const [clinic] = await tx.rows.select().from(clinics);
    const people = rows.map((row): MemberActor => ({
      kind: 'member',
      userId: row.userId,
      memberId: row.id,
      organisationId,
      clinicId: row.clinicId,
      role: row.role,
      specialty: row.specialty,
      name: row.name,
      sessionId: 'demo'
    }));
    return { organisationId, clinicId: clinic!.id, people };
  });
}

/** The demo's patients in their order, and whether the last step was taken. */
async function whatIsThere(services: Services, { organisationId }: World) {
  return asSystem(services, organisationId, async (tx) => {
    const found = await tx.rows
      .select({ id: patients.id })
      .from(patients)
      .orderBy(patients.number)
      .limit(demoPatients.length);
    const [consult] = await tx.rows.select({ id: consults.id }).from(consults).limit(1);
    return { patientIds: found.map((row) => row.id), complete: consult !== undefined };
  });
}

async function seedPatients(services: Services, world: World): Promise<string[]> {
  const dentist = world.people[0]!;
  return asSystem(services, world.organisationId, async (tx) => {
    const ids: string[] = [];
    for (const [i, patient] of demoPatients.entries())
      ids.push(await seedPatient(services, tx, world, patient, i));
    const { chairs: demoChairs, appointments: booked } = demoAppointments(
      {
        organisationId: world.organisationId,
        clinicId: world.clinicId,
        timeZone: 'Asia/Shanghai',
        practitionerIds: [dentist.memberId],
        patients: ids.map((id, i) => ({ id, age: demoPatients[i]!.age }))
      },
      tx.now
    );
    await tx.rows.insert(chairs).values(demoChairs);
    await tx.rows.insert(appointments).values(booked);
    return ids;
  });
}

async function seedPatient({ fields }: Services, tx: Tx, world: World, demo: DemoPatient, index: number) {
  const dentist = world.people[0]!;
  const { organisationId, clinicId } = world;
  const author = { authorId: dentist.userId, authorName: dentist.name };
  const ago = (days: number) => new Date(tx.now.getTime() - days * dayMs);
  const patientId = newId(tx.now.getTime());
  const row = { id: patientId, organisationId };
  const {
    rows: [running]
  } = await tx.rows.execute<{ next: string }>(
    sql`select next_number(${organisationId}::uuid, 'patient') as next`
  );
  await tx.rows.insert(patients).values({
    ...row,
    ...(await sealContact(fields, row, { phone: demo.phone })),
    clinicId,
    number: numberOf(Number(running!.next)),
    name: demo.name,
    sex: demo.sex,
    birthDate: birthDate(tx.now, demo.age, index)
  });
  const health = [
    ...(demo.allergies ?? []).map((item) => ({ kind: 'allergy' as const, ...item })),
    ...(demo.conditions ?? []).map((item) => ({ kind: 'condition' as const, ...item })),
    ...(demo.medications ?? []).map((item) => ({ kind: 'medication' as const, ...item }))
  ];
  if (health.length)
    await tx.rows.insert(healthItems).values(
      health.map((item) => ({
        organisationId,
        patientId,
        recordedById: dentist.userId,
        recordedByName: dentist.name,
        ...item
      }))
    );
  for (const [days, text, teeth] of demo.notes ?? [])
    await tx.rows
      .insert(notes)
      .values({ organisationId, patientId, text, teeth: teeth ?? [], ...author, writtenAt: ago(days) });
  const seed = { mouth: demo.mouth, index };
  // Of one day they come in the order of their ids, and the first is the one a request for advice begins with.
  for (const [i, { daysAgo, ...finding }] of demoFindings(seed).entries())
    await insertFinding(tx, {
      ...finding,
      id: newId(tx.now.getTime() + i),
      patientId,
      ...author,
      authorOrganisationId: organisationId,
      recordedAt: ago(daysAgo)
    });
  for (const { daysAgo, ...draft } of demoPlans(seed))
    await insertPlan(tx, {
      draft,
      acceptedAt: ago(daysAgo),
      patientId,
      ...author,
      authorOrganisationId: organisationId
    });
  return patientId;
}

async function seedImages(
  services: Services,
  world: World,
  patientIds: string[],
  onProgress: (message: string) => void
): Promise<void> {
  const call = { ...services, actor: world.people[0]!, request };
  const now = services.clock.now();
  const drawing = startDrawing();
  let done = 0;
  const seedOne = async (patientId: string, i: number) => {
    const demo = demoPatients[i]!;
    const images = await drawing.draw({
      mouth: demo.mouth,
      index: i,
      name: demo.name,
      number: numberOf(i + 1),
      birthDate: birthDate(now, demo.age, i),
      sex: demo.sex === 'female' ? 'F' : 'M',
      findings: demoFindings({ mouth: demo.mouth, index: i }),
      now
    });
    for (const image of images)
      await uploadImage(call, { patientId, fileName: image.fileName, source: once(image.bytes) });
    onProgress(`images ${++done}/${patientIds.length}`);
  };
  const waiting = [...patientIds.entries()];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await seedOne(next[1], next[0]);
  };
  try {
    // While one patient's are read and stored, the next one's are drawn.
    await Promise.all([lane(), lane()]);
  } finally {
    await drawing.end();
  }
}

function numberOf(running: number): string {
  return `P${String(running).padStart(6, '0')}`;
}

/** One question is waiting already, so that the expert's first page has something to show. */
async function seedConsult(
  services: Services,
  clinic: World,
  hospital: World,
  patientIds: string[]
): Promise<void> {
  const surgeon = hospital.people.find((person) => person.name === '赵刚');
  const index = demoPatients.findIndex((patient) => patient.name === '周建军');
  if (!surgeon || !patientIds[index]) return;
  const call = { ...services, actor: clinic.people[0]!, request };
  const images = await listImages(call, patientIds[index]);
  await askExpert(call, {
    patientId: patientIds[index],
    teeth: ['38'],
    question: '38 近中水平阻生,反复冠周炎三次。请会诊:是否需要 CBCT 判断与下牙槽神经管的关系?可否在基层拔除?',
    target: { kind: 'expert', expertId: surgeon.userId },
    urgency: 'routine',
    mode: 'asynchronous',
    slotAt: null,
    share: {
      imageIds: images.map((image) => image.id),
      noteIds: [],
      allergies: true,
      conditions: true,
      medications: true,
      chart: true,
      plan: false
    }
  });
}

function asSystem<T>(services: Services, organisationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const actor: SystemActor = { kind: 'system', organisationId, reason: 'demo' };
  return inTransaction({ ...services, actor, request }, work);
}

function birthDate(now: Date, age: number, index: number): string {
  const monthAndDay = `${String((index % 12) + 1).padStart(2, '0')}-${String(10 + index).padStart(2, '0')}`;
  const hadBirthday = now.toISOString().slice(5, 10) >= monthAndDay;
  return `${now.getUTCFullYear() - age - (hadBirthday ? 0 : 1)}-${monthAndDay}`;
}
