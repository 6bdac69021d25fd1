import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appointmentMoves } from '#lib/features/appointments/appointment.ts';
import { threadSteps } from '#lib/features/consults/comment.ts';
import { actionText, actionWords } from './words.ts';

/** Names of the same shape that are news, settings or topics of jobs, never an act in the trail. */
const otherNames = new Set([
  'call.encryption',
  'call.let-back',
  'call.locked',
  'call.removed',
  'app.actor',
  'app.clinics',
  'app.consult',
  'app.organisation',
  'app.specialty',
  'audit.jsonl',
  'audit.key',
  'comment.mentioned',
  'consilium.patient-record',
  'consult.requested',
  'consult.said',
  'correction.accepted',
  'correction.asked',
  'erasure.asked',
  'correction.refused',
  'erasure.approved',
  'fhir.json',
  'grant.added',
  'grant.changed',
  'grant.ended',
  'guest.invited',
  'manifest.json',
  'member.revoked',
  'recording.changed',
  'captions.changed',
  'captions.started',
  'recording.finished',
  'recording.started',
  'notifications.read',
  'invite.locked',
  'invite.made',
  'invite.unlocked',
  'patient.admitted',
  'patient.asked',
  'patient.held',
  'patient.chat',
  'patient.moved',
  'patient.rescheduled',
  'patient.told',
  'patient.waiting',
  'proposal.withdrawn',
  'record.glass-broken',
  'record.json',
  'rights.changed',
  'room.called',
  'seat.ended',
  'seat.rung',
  'session.ended',
  'session.moved'
]);
/** What stands in the place of the variable part. */
const variable: Record<string, readonly string[]> = {
  appointment: appointmentMoves,
  comment: threadSteps.map((step) => (step === 'comment' ? 'add' : step)),
  proposal: ['accept', 'reject']
};

const folders = ['src/lib/features', 'server/demo', 'server/adapters', 'src/routes'];

function sources(): string[] {
  const root = join(import.meta.dirname, '../../../..');
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8'))
      .filter((text) => /\baudit\b|auditConsult|writeAudit/.test(text))
  );
}

it('[AU-10] every act that code can write has a name', () => {
  const acts = new Set<string>();
  for (const text of sources()) {
    for (const [, name] of text.matchAll(/(?<!publish\(|import\()'([a-z][a-z-]*\.[a-z][a-z_-]*)'/g))
      if (!otherNames.has(name!)) acts.add(name!);
    for (const [, prefix] of text.matchAll(/(?:action: |tx, consult, )`([a-z-]+)\.\$\{/g))
      for (const end of variable[prefix!] ?? [`${prefix} has a variable part this test does not know`])
        acts.add(`${prefix}.${end}`);
  }
  expect([...acts].filter((act) => !(act in actionWords))).toEqual([]);
  // Of a file that writes by another's hand.
  expect(acts).toContain('room.lock');
  expect(acts.size).toBeGreaterThan(50);
});

it('[AU-10] the names differ from one another and from their codes', () => {
  const texts = Object.keys(actionWords).map(actionText);
  expect(new Set(texts).size).toBe(texts.length);
  for (const act of Object.keys(actionWords)) expect(actionText(act)).not.toBe(act);
});
