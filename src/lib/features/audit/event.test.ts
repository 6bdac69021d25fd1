import { expect, it } from 'vitest';
import { canonicalJson } from '#lib/kernel/canonical-json.ts';
import { eventText, type AuditEvent } from './event.ts';

it('[AU-5] writes an event as canonical JSON', () => {
  const event: AuditEvent = {
    subjectType: 'patient',
    subjectId: 'x"y\\z\u0001\u007f\n',
    requestId: '请求',
    patientId: null,
    outcome: 'ok',
    organisationId: 'o',
    ip: '::1',
    id: 'i',
    detail: { b: [1, 'x'], a: { z: null, y: true } },
    consultId: 'c',
    at: '2026-01-02T03:04:05.006Z',
    actorRole: 'owner',
    actorOrganisationId: 'o',
    actorKind: 'member',
    actorId: 'a',
    action: 'patient.read'
  };
  expect(eventText(event)).toBe(canonicalJson(event));
});
