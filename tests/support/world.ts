import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Actor, MemberActor, SystemActor } from '#lib/kernel/actor.ts';
import { systemClock } from '#lib/kernel/clock.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { LiveEvent, MediaServer } from '#lib/kernel/ports.ts';
import { insertCredential } from '#lib/features/identity/credentials.server.ts';
import { expertListings, members } from '#lib/features/identity/tables.server.ts';
import { sealContact } from '#lib/features/patients/contact.server.ts';
import { healthItems, notes, patients } from '#lib/features/patients/tables.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { createAuthenticator } from '../../server/adapters/auth/index.ts';
import { createCheckpointLog } from '../../server/adapters/checkpoint-log.ts';
import { noScanner } from '../../server/adapters/clamd.ts';
import { createImageReader } from '../../server/adapters/image-reader.ts';
import { noPush } from '../../server/adapters/push/index.ts';
import { noRecogniser } from '../../server/adapters/recogniser.ts';
import { createPdfRenderer } from '../../server/adapters/pdf.ts';
import { composeKeys, type Keys } from '../../server/compose-keys.ts';
import { noEgress } from '../../server/launch/no-media.ts';
import { openPool, type DatabasePool } from '../../server/db/pool.ts';
import { silent } from './silent.ts';
import { useDatabase, type TestDatabase } from './database.ts';

export const testPassword = 'a long enough one';

/** A town clinic that asks, a hospital whose experts answer, a second clinic that must see nothing. */
export interface World {
  services: Services;
  keys: Keys;
  /** The data folder. */
  folder: string;
  database: TestDatabase;
  people: Record<Key, MemberActor>;
  clinicId: string;
  strangerClinicId: string;
  hospitalId: string;
  patientId: string;
  otherPatientId: string;
  /** For a second node beside the services. */
  masterKey: Buffer;
  noteId: string;
  published: LiveEvent[];
  /** A call of a use case by this person. */
  as<A extends Actor>(actor: A): Services & { actor: A; request: { id: string; ip: string } };
}

/** Of the clinic that asks, the hospital, and the clinic that has no part in it. */
type Key =
  | 'boss'
  | 'li'
  | 'nurse'
  | 'reception'
  | 'chief'
  | 'wang'
  | 'sun'
  | 'liu'
  | 'stranger'
  | 'strangerBoss'
  | 'strangerNurse'
  | 'strangerReception'
  | 'strangerExpert';

/** No media server runs in these tests: what it would be asked is what they look at. */
const silentMedia: MediaServer = {
  clientUrl: '/sfu',
  iceServers: [],
  token: async (grant) => `${grant.room}/${grant.identity}/${grant.hidden ? 'held' : 'seat'}`,
  checkTokens: async () => ({ send: 'check/send', receive: 'check/receive' }),
  takeSeat: async () => {},
  sign: async () => {},
  mute: async () => {},
  remove: async () => {},
  tell: async () => {},
  closeRoom: async () => {},
  participants: async () => []
};

export function useWorld(): World {
  const database = useDatabase();
  // The rest is there from `beforeAll` on.
  const world = { database } as World;
  let folder: string;
  let pools: DatabasePool[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-world-'));
    const app = openPool({ url: database.appUrl, max: 6, log: silent });
    const system = openPool({ url: database.systemUrl, max: 3, log: silent });
    pools = [app, system];
    const [db, systemDb] = [app.db, system.db];
    const masterKey = randomBytes(32);
    const keys = composeKeys({
      config: { dataDir: folder, masterKey, olderMasterKeys: [], vault: null },
      localKeys: [masterKey],
      db,
      systemDb,
      clock: systemClock,
      log: silent
    });
    const services: Services = {
      db,
      systemDb,
      clock: systemClock,
      checkpoints: await createCheckpointLog(folder),
      files: keys.files,
      images: createImageReader({ log: silent }),
      scanner: noScanner,
      fields: keys.fields,
      live: { publish: async () => {}, subscribe: () => () => {}, toldSince: () => false },
      media: silentMedia,
      egress: noEgress,
      mail: { configured: false, send: async () => {} },
      push: noPush,
      speech: noRecogniser,
      pdf: createPdfRenderer(),
      auth: createAuthenticator({ systemDb, clock: systemClock, origin: 'http://localhost', masterKey }),
      log: silent,
      settings: {
        origin: 'http://localhost',
        demo: false,
        maxUploadBytes: 64 * 1024 * 1024,
        auditHotMonths: 12,
        places: {
          dataFolder: folder,
          databaseHost: null,
          mediaHost: null,
          mailHost: null,
          egressFolder: null,
          speechHost: null,
          keyHost: null
        }
      },
      demoSignIns: []
    };
    Object.assign(world, {
      services,
      keys,
      masterKey,
      folder,
      published: [],
      as: (actor: Actor) => ({ ...services, actor, request: { id: 'test', ip: '127.0.0.1' } })
    });
    await furnish(world);
  }, 60_000);
  afterAll(async () => {
    await world.services?.images.close();
    await Promise.all(pools.map((pool) => pool.end()));
    await rm(folder, { recursive: true, force: true });
  });
  return world;
}

async function furnish(world: World): Promise<void> {
  const clinic = await organisation(world, '清河镇口腔门诊', [
    ['boss', 'owner', '高文'],
    ['li', 'dentist', '李明'],
    ['nurse', 'nurse', '周敏'],
    ['reception', 'receptionist', '何芳']
  ]);
  const hospital = await organisation(world, '市口腔医院', [
    ['chief', 'owner', '方院长'],
    ['wang', 'expert', '王志远', 'endodontics'],
    ['sun', 'expert', '孙雅琴', 'endodontics'],
    ['liu', 'expert', '刘思敏', 'orthodontics']
  ]);
  const other = await organisation(world, '别处口腔门诊', [
    ['stranger', 'dentist', '外人'],
    ['strangerBoss', 'owner', '外人甲'],
    ['strangerNurse', 'nurse', '外人乙'],
    ['strangerReception', 'receptionist', '外人丙'],
    ['strangerExpert', 'expert', '外人丁', 'endodontics']
  ]);
  world.people = { ...clinic.people, ...hospital.people, ...other.people } as World['people'];
  world.clinicId = clinic.clinicId;
  world.strangerClinicId = other.clinicId;
  world.hospitalId = hospital.organisationId;
  const { li } = world.people;
  const system: SystemActor = { kind: 'system', organisationId: clinic.organisationId, reason: 'test' };
  await inTransaction(world.as(system), async (tx) => {
    const made = { organisationId: clinic.organisationId, clinicId: clinic.clinicId, sex: 'female' as const };
    const patient = async (phone: string) => {
      const row = { id: newId(), organisationId: clinic.organisationId };
      return { ...made, ...row, ...(await sealContact(world.services.fields, row, { phone })) };
    };
    const [first, second] = await tx.rows
      .insert(patients)
      .values([
        { ...(await patient('13800001234')), number: 'P1', name: '王秀英', birthDate: '1959-03-02' },
        { ...(await patient('13800005678')), number: 'P2', name: '张伟', birthDate: '1985-03-02' }
      ])
      .returning();
    world.patientId = first!.id;
    world.otherPatientId = second!.id;
    const item = { organisationId: clinic.organisationId, recordedById: li.userId, recordedByName: li.name };
    await tx.rows.insert(healthItems).values([
      { ...item, patientId: first!.id, kind: 'allergy', label: '青霉素', severity: 'high' },
      { ...item, patientId: first!.id, kind: 'condition', label: '高血压' },
      { ...item, patientId: second!.id, kind: 'allergy', label: '碘' }
    ]);
    const [note] = await tx.rows
      .insert(notes)
      .values({
        organisationId: clinic.organisationId,
        patientId: first!.id,
        text: '36 叩痛',
        teeth: ['36'],
        authorId: li.userId,
        authorName: li.name,
        writtenAt: tx.now
      })
      .returning();
    world.noteId = note!.id;
  });
}

type Person = [key: string, role: MemberActor['role'], name: string, specialty?: string];

/** One more organisation; whoever has a specialty can be asked. */
export async function organisation(world: World, name: string, list: Person[]) {
  const organisationId = newId();
  const clinicId = newId();
  const people: Record<string, MemberActor> = {};
  for (const [key, role, personName, specialty] of list) {
    const userId = await world.services.auth.createUser({
      email: `${key}@test.invalid`,
      password: testPassword,
      name: personName
    });
    people[key] = {
      kind: 'member',
      userId,
      memberId: newId(),
      organisationId,
      clinicId,
      role,
      specialty: specialty ?? null,
      name: personName,
      sessionId: 'test'
    };
  }
  const system: SystemActor = { kind: 'system', organisationId, reason: 'test' };
  await inTransaction(world.as(system), async (tx) => {
    await tx.rows.insert(organisations).values({ id: organisationId, name, nameEn: name, kind: 'clinic' });
    await tx.rows.insert(clinics).values({ id: clinicId, organisationId, name, nameEn: name });
    for (const [key, role, personName, specialty] of list) {
      const { userId, memberId } = people[key]!;
      const row = { organisationId, userId, name: personName, title: '主任医师' };
      await tx.rows
        .insert(members)
        .values({ ...row, id: memberId, clinicId, role, specialty: specialty ?? null });
      if (specialty)
        await tx.rows
          .insert(expertListings)
          .values({ ...row, memberId, specialty, organisationName: name, organisationNameEn: name });
      if (specialty)
        await insertCredential(tx, {
          memberId,
          specialty,
          licenceNumber: `1103${memberId.slice(-8)}`,
          issuedBy: '市卫生健康委员会',
          validUntil: '2099-12-31',
          byId: userId,
          byName: personName
        });
    }
  });
  return { organisationId, clinicId, people };
}
