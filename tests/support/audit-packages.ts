// `npm run audit:packages`: known weaknesses of the packages that ship, against the exceptions written down in
// docs/security.md. Needs a registry that answers `npm audit`, and so is no part of `npm test`.
// Exit code 0: none, or every one has its reason; 1: one has none, or a reason is left over; 2: nobody answered.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot as root } from '../../server/config.ts';

interface Advisory {
  title: string;
  url: string;
  severity: string;
}
interface Answer {
  error?: unknown;
  message?: string;
  vulnerabilities?: Record<string, { via: (Advisory | string)[] }>;
}

/** `GHSA-…` in the first column of the table of exceptions. */
const excepted = new Set(
  [...readFileSync(join(root, 'docs', 'security.md'), 'utf8').matchAll(/^\| (GHSA-[a-z0-9-]+) \|/gm)].map(
    ([, id]) => id!
  )
);
const run = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024
});
const answer = parsed(run.stdout);
if (!answer?.vulnerabilities) {
  console.error(`The registry did not say: ${answer?.message ?? run.stderr.trim().split('\n').at(-1) ?? ''}`);
  process.exitCode = 2;
} else {
  const found = new Map<string, string>();
  for (const [name, { via }] of Object.entries(answer.vulnerabilities))
    for (const one of via)
      if (typeof one !== 'string')
        found.set(one.url.split('/').at(-1) ?? one.url, `${name}: ${one.title} (${one.severity}) ${one.url}`);
  const open = [...found].filter(([id]) => !excepted.has(id));
  const stale = [...excepted].filter((id) => !found.has(id));
  for (const [, text] of open) console.error(`no exception written down: ${text}`);
  for (const id of stale) console.error(`docs/security.md excepts ${id}, which is no longer found`);
  if (open.length + stale.length === 0) console.log(`${found.size} known, ${excepted.size} excepted`);
  process.exitCode = open.length + stale.length === 0 ? 0 : 1;
}

function parsed(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    // Nothing that npm meant for a program: said below.
    return null;
  }
}
