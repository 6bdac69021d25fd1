// Who may pass which door of the built app: every route, action, board socket and call token, for every
// role, on their own case, a colleague's and a stranger's. Nothing that is refused may say anything.
import type { IncomingMessage } from 'node:http';
import { TokenVerifier } from 'livekit-server-sdk';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthorise } from '../../server/collab/board-access.ts';
import { mintToken } from '../../server/sfu/tokens.ts';
import { useWorld } from '../support/world.ts';
import { openBuiltApp, origin, type BuiltApp } from './built-app.ts';
import { actors, makeScene, type ActorName, type Case, type Scene } from './scene.ts';
import { table, type Door } from './table.ts';

const world = useWorld();
const keys = { apiKey: 'test', apiSecret: 'a secret of more than thirty-two letters' };
let app: BuiltApp;
let scene: Scene;
let superuser: postgres.Sql;

beforeAll(async () => {
  world.services.media = { ...world.services.media, token: (grant) => mintToken(keys, grant) };
  superuser = postgres(world.database.ownerUrl, { max: 1, onnotice: () => {} });
  app = await openBuiltApp(world.services);
  scene = await makeScene(world);
});
afterAll(() => superuser?.end());

type CaseName = keyof Scene['cases'];

/** The people of another case who stand where `may` stands in `own`. */
const standIns: Record<CaseName, Partial<Record<ActorName, ActorName>>> = {
  own: Object.fromEntries(actors.map((name) => [name, name])),
  second: {
    boss: 'boss',
    li: 'li',
    nurse: 'nurse',
    reception: 'reception',
    wang: 'liu',
    patient: 'otherPatient'
  },
  foreign: {
    boss: 'strangerBoss',
    li: 'stranger',
    nurse: 'strangerNurse',
    reception: 'strangerReception',
    wang: 'strangerExpert'
  }
};

function mayPass(door: Door, of: CaseName): Set<ActorName> {
  if (door.personal || door.may.length === actors.length) return new Set(door.may);
  return new Set(door.may.flatMap((name) => standIns[of][name] ?? []));
}

/** Words of a case that `who` may read somewhere. Everything else must never reach them. */
function mayRead(who: ActorName, of: CaseName): (keyof Case['words'])[] {
  const part = Object.entries(standIns[of]).find(([, name]) => name === who)?.[0];
  if (part === 'boss' || part === 'li' || part === 'nurse') return ['person', 'record', 'consult'];
  if (part === 'reception') return ['person', 'record'];
  if (part === 'wang') return ['person', 'consult', 'draft', 'record'];
  if (part === 'guest') return ['person', 'consult'];
  return part === 'patient' ? ['person'] : [];
}

function forbiddenWords(who: ActorName): string[] {
  const words: string[] = ['wang', 'sun', 'boss', 'li', 'nurse', 'reception'].includes(who)
    ? []
    : scene.open.words;
  return [
    ...words,
    ...(Object.keys(scene.cases) as CaseName[]).flatMap((name) => {
      const allowed = mayRead(who, name);
      const { words } = scene.cases[name];
      return (Object.keys(words) as (keyof Case['words'])[])
        .filter((kind) => !allowed.includes(kind))
        .flatMap((kind) => words[kind]);
    })
  ].concat(who === 'wang' || who === 'liu' || who === 'guest' ? notGranted(who) : []);
}

/** What the dentist did not choose to share: the notes, the allergies and the telephone. */
function notGranted(who: 'wang' | 'liu' | 'guest'): string[] {
  const { words } = scene.cases[who === 'liu' ? 'second' : 'own'];
  return [...words.record.filter((word) => !word.startsWith('发现')), words.person[1]!];
}

async function knock(name: string, door: Door, of: Case, who: ActorName) {
  const method = name.slice(0, name.indexOf(' '));
  const headers: Record<string, string> = { origin, cookie: scene.cookies[who], accept: 'text/html' };
  let body: BodyInit | undefined;
  if (door.form) {
    body = new URLSearchParams(door.form).toString();
    headers['content-type'] = 'application/x-www-form-urlencoded';
  } else if (door.file) {
    body = door.file() as Uint8Array<ArrayBuffer>;
    headers['content-type'] = 'application/octet-stream';
    headers['x-confirm-other-patient'] = 'yes';
  } else if (door.body) {
    body = JSON.stringify(door.body(of, scene));
    headers['content-type'] = 'application/json';
  }
  const response = await app.ask(encodeURI(door.at(of, scene)), {
    method,
    headers,
    ...(body === undefined ? {} : { body })
  });
  const location = response.headers.get('location') ?? '';
  let text = location;
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel();
  else text += await response.text();
  const refused = [401, 403, 404].includes(response.status) || /^\/sign-in/.test(location);
  return { status: response.status, refused, text, headers: response.headers };
}

async function auditCount(patientId: string): Promise<number> {
  const [row] = await superuser<{ n: number }[]>`
    select count(*)::int as n from audit_event where patient_id = ${patientId}`;
  return row?.n ?? 0;
}

test('every door of the built app has its line in the table, and no line is left over', () => {
  expect(Object.keys(table).sort()).toEqual(app.doors);
});

describe('the board’s socket', () => {
  const writers: ActorName[] = ['boss', 'li', 'nurse', 'wang', 'guest'];
  for (const of of ['own', 'second', 'foreign'] as const)
    test(`of the case ${of}`, async () => {
      const authorise = createAuthorise(world.services);
      const got: Partial<Record<ActorName, string>> = {};
      for (const who of actors) {
        const request = {
          headers: { cookie: scene.cookies[who] },
          socket: { remoteAddress: '127.0.0.1' }
        } as unknown as IncomingMessage;
        const answer = await authorise(request, scene.cases[of].boardId);
        got[who] = answer.ok ? answer.access.mode : 'refused';
      }
      const wanted = Object.fromEntries(actors.map((who) => [who, 'refused']));
      for (const who of writers) if (standIns[of][who]) wanted[standIns[of][who]!] = 'write';
      if (standIns[of].patient) wanted[standIns[of].patient!] = 'read';
      expect(got).toEqual(wanted);
    });
});

describe('who is refused learns nothing, at any door, about any case', () => {
  for (const [name, door] of Object.entries(table))
    test(name, async () => {
      const wrong: string[] = [];
      for (const of of door.personal ? (['own'] as const) : (['own', 'second', 'foreign'] as const)) {
        const may = mayPass(door, of);
        for (const who of actors.filter(
          (actor) => !may.has(actor) && !(of === 'foreign' && actor === 'strangerExpert')
        )) {
          // (The stranger’s expert works in that clinic: at home there, with rights of their own.)
          const { status, refused, text } = await knock(name, door, scene.cases[of], who);
          // A page without a session is a redirect; a patient's wrong digits are a refusal of their own kind.
          if (!refused && !(door.form && status >= 400 && status < 500))
            wrong.push(`${who} at ${of}: ${status}`);
          for (const word of forbiddenWords(who))
            if (text.includes(word)) wrong.push(`${who} at ${of} read ${word}`);
        }
      }
      expect(wrong).toEqual([]);
    });
});

describe('[AU-1] who may pass passes, reads no more than is theirs, and is written down', () => {
  for (const [name, door] of Object.entries(table))
    test(name, async () => {
      const wrong: string[] = [];
      const { own } = scene.cases;
      // Signing out ends a session: with a cookie of nobody it is shown as well.
      const all = name === 'POST /sign-out' ? (['nobody'] as const) : door.may;
      for (const [turn, who] of all.entries()) {
        const late = door.once && turn > 0;
        const before = await auditCount(own.patientId);
        const { status, refused, text, headers } = await knock(name, door, own, who);
        if (!late && name !== 'POST /sign-out' && (refused || status === 400 || status >= 500))
          wrong.push(`${who}: ${status} ${text.slice(0, 120)}`);
        for (const word of forbiddenWords(who)) if (text.includes(word)) wrong.push(`${who} read ${word}`);
        if (door.audited && !late && status < 400 && (await auditCount(own.patientId)) === before)
          wrong.push(`${who}: no audit event`);
        if (
          !/no-store/.test(headers.get('cache-control') ?? '') &&
          status === 200 &&
          !door.audited &&
          !/immutable|private/.test(headers.get('cache-control') ?? '')
        )
          wrong.push(`${who}: may be cached`);
        if (name === 'POST /api/consults/[id]/ticket') wrong.push(...(await tokenFaults(text, own, who)));
      }
      expect(wrong).toEqual([]);
    });
});

/** A token opens this consult's room, as this person, and nothing else. */
async function tokenFaults(text: string, of: Case, who: ActorName): Promise<string[]> {
  const { token } = JSON.parse(text) as { token: string };
  const { sub, video } = await new TokenVerifier(keys.apiKey, keys.apiSecret).verify(token);
  const rights: Record<string, unknown> = { ...video };
  const wanted = who in world.people ? `m:${world.people[who as keyof typeof world.people].userId}` : null;
  const faults: string[] = [];
  if (sub !== wanted) faults.push(`${who}: token of ${sub}`);
  if (rights['room'] !== of.consultId) faults.push(`${who}: token for room ${String(rights['room'])}`);
  for (const right of [
    'roomAdmin',
    'roomCreate',
    'roomList',
    'roomRecord',
    'ingressAdmin',
    'recorder',
    'canUpdateOwnMetadata'
  ])
    if (rights[right]) faults.push(`${who}: token may ${right}`);
  return faults;
}
