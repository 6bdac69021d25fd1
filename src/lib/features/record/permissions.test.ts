import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memberRoles } from '#lib/kernel/actor.ts';
import { declaredRights, permissionMatrix, rightsOfRole } from './permissions.server.ts';
import { permissionGroups } from './permissions.ts';

/** Rows as a person reads them: owner, dentist, expert, nurse, receptionist. */
const wanted: Record<string, string> = {
  'patient:read': 'odenr',
  'patient:add': 'od.nr',
  'patient:write': 'od.n.',
  'patient:readers': 'od.n.',
  'patient:delegates': 'od.nr',
  'consent:read': 'odenr',
  'consent:record': 'od.nr',
  'chart:read': 'odenr',
  'chart:record': '.den.',
  'image:read': 'odenr',
  'image:upload': '.den.',
  'image:calibrate': '.de..',
  'image:download': '.den.',
  'image:withdraw': '.den.',
  'plan:read': 'odenr',
  'plan:create': '.de..',
  'plan:progress': '.den.',
  'plan:agree': '.de..',
  'appointment:read': 'odenr',
  'appointment:book': 'od.nr',
  'consult:ask': 'od...',
  'consult:read': 'oden.',
  'consult:board': 'oden.',
  'consult:comments': 'oden.',
  'consult:decide': 'od...',
  'consult:waiting': 'od.n.',
  'consult:delete-recording': 'od...',
  'consult:grant': 'od...',
  'consult:answer': '..e..',
  'consult:sign': '..e..',
  'consult:break-glass': '..e..',
  'rights:read': 'od.nr',
  'rights:request': 'od.nr',
  'rights:decide': 'od...',
  'rights:export': 'od...',
  'rights:hold': 'o....',
  'rights:erase': 'od...',
  'rights:approve': 'o....',
  'organisation:credentials': 'o....',
  'organisation:grants': 'o....',
  'organisation:reviews': 'o....',
  'organisation:quality': 'o....',
  'organisation:members': 'o....',
  'organisation:clinics': 'o....',
  'organisation:audit': 'o....',
  'organisation:outbox': 'o....',
  'organisation:permissions': 'o....',
  'organisation:register': 'o....'
};

test('[ID-23] the matrix is what the policies answer, right by right', () => {
  const got = Object.fromEntries(
    permissionMatrix().map(({ permission, roles }) => [
      permission,
      memberRoles.map((role) => (roles[role] ? role[0] : '.')).join('')
    ])
  );
  expect(got).toEqual(wanted);
  expect(Object.keys(got).sort()).toEqual(Object.values(permissionGroups).flat().sort());
});

test('[ID-23] every rule of a policy file stands behind a row, or is about one row of data alone', () => {
  // Of one thing somebody wrote, of one\u2019s own news, or said already by a row above.
  const elsewhere = ['mayChangeComment', 'mayLeave', 'mayReadNotifications'];
  const shorthand = /^mayWithSome/;
  const features = join(import.meta.dirname, '..');
  const used = readFileSync(join(import.meta.dirname, 'permissions.server.ts'), 'utf8');
  const missing = readdirSync(features)
    .map((room) => join(features, room, 'policy.server.ts'))
    .flatMap((file) => {
      try {
        return [...readFileSync(file, 'utf8').matchAll(/^export function (\w+)/gm)].map((found) => found[1]!);
      } catch {
        // A room without rules of its own.
        return [];
      }
    })
    .filter((name) => !elsewhere.includes(name) && !shorthand.test(name) && !used.includes(name));
  expect(missing).toEqual([]);
});

test('[ID-36] every declared right has its row, and its policy asks it: given, taken, above the floor, below the ceiling', () => {
  const wrong: string[] = [];
  for (const [name, { usual, most, least }] of declaredRights) {
    if (!(name in wanted)) wrong.push(`${name}: no row`);
    for (const role of memberRoles) {
      const usually = rightsOfRole(role)[name];
      const given = rightsOfRole(role, { [name]: true })[name];
      const taken = rightsOfRole(role, { [name]: false })[name];
      if (usually !== usual.includes(role)) wrong.push(`${name} of ${role}: not as declared`);
      if (given !== most.includes(role)) wrong.push(`${name} of ${role}: given, and ${String(given)}`);
      if (taken !== least.includes(role)) wrong.push(`${name} of ${role}: taken, and ${String(taken)}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('[ID-36] every right a policy declares is offered in the table', () => {
  const features = join(import.meta.dirname, '..');
  const declared = readdirSync(features, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.server.ts'))
    .flatMap((file) => [...readFileSync(join(features, file), 'utf8').matchAll(/\bright\('([a-z:-]+)'/g)])
    .map((found) => found[1]!);
  expect(declared.sort()).toEqual([...declaredRights.keys()].sort());
});
