// Attacks that need no right, tried at every door of the built app: from a page of another site, with guessed ids, with
// an address to be sent on to; and what every answer must carry.
import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#lib/kernel/ids.ts';
import { useWorld } from '../support/world.ts';
import { openBuiltApp, origin, type BuiltApp } from './built-app.ts';
import { makeScene, type ActorName, type Case, type Scene } from './scene.ts';
import { table, type Door } from './table.ts';

const world = useWorld();
let app: BuiltApp;
let scene: Scene;

beforeAll(async () => {
  app = await openBuiltApp(world.services);
  scene = await makeScene(world);
});

const methodOf = (name: string) => name.slice(0, name.indexOf(' '));
const changing = Object.entries(table).filter(([name]) => !['GET', 'HEAD'].includes(methodOf(name)));

interface Knock {
  who: ActorName;
  of: Case;
  from?: string | null;
  at?: string;
}

async function knock(name: string, door: Door, { who, of, from = origin, at }: Knock): Promise<Response> {
  const headers: Record<string, string> = { cookie: scene.cookies[who], accept: 'text/html' };
  if (from !== null) headers['origin'] = from;
  let body: BodyInit | undefined;
  if (door.form) {
    body = new URLSearchParams(door.form).toString();
    headers['content-type'] = 'application/x-www-form-urlencoded';
  } else if (door.file) {
    body = door.file() as Uint8Array<ArrayBuffer>;
    headers['content-type'] = 'application/octet-stream';
  } else if (door.body) {
    body = JSON.stringify(door.body(of, scene));
    headers['content-type'] = 'application/json';
  }
  const response = await app.ask(
    encodeURI(door.at(of, scene)),
    { method: methodOf(name), headers, ...(body === undefined ? {} : { body }) },
    at
  );
  // News stay open: only what is said at their beginning counts.
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel();
  return response;
}

describe('a change asked for by a page of another site is refused, whoever is signed in', () => {
  for (const [name, door] of changing)
    test(name, async () => {
      const who = door.may.find((actor) => actor !== 'nobody') ?? 'li';
      for (const from of ['https://evil.test', 'null', 'http://localhost.evil.test', 'https://localhost:1']) {
        const response = await knock(name, door, { who, of: scene.cases.own, from });
        expect([from, response.status]).toEqual([from, 403]);
      }
    });
});

/** What is missing from the headers of one answer. */
function faults(response: Response, secure: boolean): string[] {
  const { headers } = response;
  const has = (name: string, pattern: RegExp) =>
    pattern.test(headers.get(name) ?? '') ? [] : [`${name}: ${headers.get(name) ?? 'none'}`];
  const html = (headers.get('content-type') ?? '').startsWith('text/html');
  const csp = headers.get('content-security-policy') ?? '';
  const scripts = /script-src([^;]*)/.exec(csp)?.[1] ?? '';
  return [
    ...has('x-content-type-options', /^nosniff$/),
    ...has('referrer-policy', /^same-origin$/),
    ...has('permissions-policy', /geolocation=\(\)/),
    ...has('cross-origin-opener-policy', /^same-origin$/),
    ...has('cross-origin-resource-policy', /^same-origin$/),
    ...has('cache-control', /no-store|private/),
    ...(secure ? has('strict-transport-security', /max-age=(\d{8,})/) : []),
    ...(!html || /'nonce-[^']{16,}'/.test(scripts) || /default-src 'none'/.test(csp)
      ? []
      : [`no nonce: ${csp}`]),
    ...(/unsafe-inline|unsafe-eval'|https?:|\*/.test(scripts.replace("'wasm-unsafe-eval'", ''))
      ? [`scripts from elsewhere: ${scripts}`]
      : []),
    ...(!html || /frame-ancestors 'none'/.test(csp) ? [] : ['may be framed']),
    ...(headers.get('access-control-allow-origin') === null ? [] : ['open to other origins'])
  ];
}

describe('every answer carries the headers that protect it', () => {
  for (const [name, door] of Object.entries(table))
    test(name, async () => {
      const allowed = door.may.find((actor) => actor !== 'nobody') ?? 'li';
      for (const at of [origin, 'https://localhost'])
        for (const who of ['nobody', 'stranger', allowed] as const) {
          const response = await knock(name, door, { who, of: scene.cases.own, from: at, at });
          if (response.status >= 300 && response.status < 400) continue;
          expect([who, response.status, ...faults(response, at !== origin)]).toEqual([who, response.status]);
        }
    });

  test('a page that is not there, and one that fails', async () => {
    for (const path of ['/nothing', '/api/nothing', '/patients/not-an-id']) {
      const response = await app.ask(path, { headers: { cookie: scene.cookies.li, accept: 'text/html' } });
      expect([path, ...faults(response, false)]).toEqual([path]);
    }
  });
});

describe('only a page that somebody opened from ours is compressed: what can be asked for again and again tells nothing by its length', () => {
  const accepts = { 'accept-encoding': 'gzip, br', accept: 'text/html' };
  const ask = async (path: string, asked: Record<string, string>) => {
    const headers = { ...accepts, ...asked, cookie: scene.cookies.li };
    const response = await app.ask(path, { headers });
    // News stay open.
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) await response.body?.cancel();
    return response;
  };
  /** Of what is text; a picture is stored in the form it is sent in. */
  const packed = async (path: string, asked: Record<string, string>) => {
    const { headers } = await ask(path, asked);
    return /text|json/.test(headers.get('content-type') ?? '') && headers.has('content-encoding');
  };
  const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document' };

  test('a patient’s page and the room', async () => {
    const { patientId, consultId } = scene.cases.own;
    for (const path of [`/patients/${patientId}`, `/room/${consultId}`]) {
      const plain = await ask(path, { ...own, 'sec-fetch-site': 'cross-site' });
      const small = await ask(path, own);
      expect([plain.status, plain.headers.get('content-encoding')]).toEqual([200, null]);
      expect([small.status, small.headers.get('content-encoding')]).toEqual([200, 'br']);
      const [whole, sent] = [await plain.arrayBuffer(), await small.arrayBuffer()];
      expect(sent.byteLength).toBeLessThan(whole.byteLength / 2);
    }
  });

  for (const [name, door] of Object.entries(table).filter(([name]) => methodOf(name) === 'GET'))
    test(name, async () => {
      const path = encodeURI(door.at(scene.cases.own, scene));
      for (const asked of [
        { ...own, 'sec-fetch-site': 'cross-site' },
        { ...own, 'sec-fetch-dest': 'empty' }
      ])
        expect(await packed(path, asked)).toBe(false);
      const data = `${path.split('?', 1)[0]?.replace(/\/$/, '')}/__data.json`;
      expect(await packed(data, { ...own, 'sec-fetch-dest': 'empty' })).toBe(false);
    });
});

describe('an id that is somebody else’s and one that is nobody’s are answered alike', () => {
  const ids = (of: Case): Case =>
    Object.fromEntries(
      Object.entries(of).map(([key, value]) => [key, /Id$/.test(key) && key !== 'clinicId' ? newId() : value])
    ) as unknown as Case;
  for (const [name, door] of Object.entries(table)) {
    if (door.personal || !/\[id\]/.test(name)) continue;
    test(name, async () => {
      for (const who of ['stranger', 'patient', 'liu'] as const) {
        if (door.may.includes(who)) continue;
        const said = async (of: Case) => {
          const response = await knock(name, door, { who, of });
          const type = response.headers.get('content-type') ?? '';
          // Pages carry the address asked for and a nonce: of them the status is all that may tell.
          return [who, response.status, type.includes('json') ? await response.text() : ''];
        };
        expect(await said(scene.cases.own)).toEqual(await said(ids(scene.cases.own)));
      }
    });
  }

  test('ids of the same millisecond share nothing but the time', () => {
    const now = Date.now();
    const many = Array.from({ length: 2_000 }, () => newId(now));
    // 74 random bits stand in the last 19 hexadecimal digits, less version and variant.
    const tails = new Set(many.map((id) => id.replaceAll('-', '').slice(13)));
    expect(tails.size).toBe(many.length);
    for (let digit = 0; digit < 19; digit++) {
      const seen = new Set([...tails].map((tail) => tail[digit]));
      expect(seen.size).toBe(digit === 3 ? 4 : 16);
    }
  });
});

describe('[ID-5] after sign-in nobody is sent to another site', () => {
  for (const next of [
    'https://evil.test',
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    'javascript:alert(1)',
    'evil.test',
    '/%09/evil.test',
    ' //evil.test',
    'data:text/html,x'
  ])
    test(JSON.stringify(next), async () => {
      const response = await app.ask(`/sign-in?next=${encodeURIComponent(next)}`, {
        headers: { cookie: scene.cookies.li, accept: 'text/html' }
      });
      expect(response.status).toBe(303);
      const location = response.headers.get('location') ?? '';
      expect(new URL(location, origin).origin).toBe(origin);
      expect(location).toMatch(/^\/(?![/\\])/);
    });
});
