import { memberRoles, type MemberActor, type MemberRole } from '#lib/kernel/actor.ts';
import {
  appointmentActs,
  mayBookAppointments,
  mayReadAppointments
} from '#lib/features/appointments/policy.server.ts';
import { auditActs, mayReadReaders, mayReadTrail } from '#lib/features/audit/policy.server.ts';
import { mayAnswerFor, mayReadConsents } from '#lib/features/consent/policy.server.ts';
import type { ConsultFacts } from '#lib/features/consults/policy.server.ts';
import {
  boardMode,
  consultActs,
  mayAdmit,
  mayChat,
  mayModerate,
  mayPlayRecording,
  mayRecordRoom,
  mayAdvise,
  mayAnswer,
  mayAsk,
  mayBreakGlass,
  mayChangeGrant,
  mayChangeGrantDays,
  mayComment,
  mayDecide,
  mayDeleteRecording,
  mayExportBoard,
  mayInviteGuests,
  mayKeepWaiting,
  mayReadCallQuality,
  mayReadComments,
  mayReadOpinions,
  mayReviewGlass,
  mayReplayBoard,
  sideOf
} from '#lib/features/consults/policy.server.ts';
import { mayVerifyCredentials } from '#lib/features/identity/credentials.server.ts';
import { mayManageMembers, mayShapeOrganisation } from '#lib/features/identity/policy.server.ts';
import { imageActs, imageRights } from '#lib/features/imaging/policy.server.ts';
import { mailActs, mayReadOutgoingMail } from '#lib/features/notifications/policy.server.ts';
import { chartActs, chartRights } from '#lib/features/odontogram/policy.server.ts';
import { mayKeepDelegates } from '#lib/features/patients/delegates.server.ts';
import {
  mayAddPatient,
  mayReadPatients,
  mayWriteRecord,
  patientActs
} from '#lib/features/patients/patients.server.ts';
import {
  mayApproveErasure,
  mayAskCorrection,
  mayReadRegister,
  mayWithdrawErasure,
  patientRightActs,
  rightsOf
} from '#lib/features/rights/policy.server.ts';
import { planActs, planRights } from '#lib/features/treatment/policy.server.ts';
import type { Right } from '#lib/kernel/rights.ts';
import type { Permission, PermissionMatrix } from './permissions.ts';

/** A member as the policies see one: of this organisation, bound to no clinic. */
function memberOf(role: MemberRole, rights: Readonly<Record<string, boolean>> = {}): MemberActor {
  return {
    kind: 'member',
    userId: `${role}`,
    memberId: role,
    organisationId: home,
    clinicId: null,
    role,
    rights,
    specialty: role === 'expert' ? 'endodontics' : null,
    name: role,
    sessionId: ''
  };
}
const home = 'home';

/** A question of another organisation that this one's experts are asked, open to whoever of them accepted. */
const asked = (actor: MemberActor): ConsultFacts => ({
  organisationId: 'elsewhere',
  status: 'accepted',
  requesterId: 'someone',
  specialty: 'endodontics',
  expertOrganisationId: home,
  askedExpertId: null,
  expertId: actor.userId
});
/** A question a colleague of this organisation put to an expert elsewhere. */
const asking: ConsultFacts = {
  ...asked(memberOf('dentist')),
  organisationId: home,
  requesterId: 'a colleague',
  expertOrganisationId: 'elsewhere',
  expertId: 'someone'
};

/**
 * [ID-23] Each right and the rule that holds it. The rules are the ones the use cases ask, so that the page
 * cannot say anything else than what happens.
 */
const rules: Record<Permission, (actor: MemberActor) => boolean> = {
  'patient:read': mayReadPatients,
  'patient:add': mayAddPatient,
  'patient:write': mayWriteRecord,
  'patient:readers': (actor) => mayReadReaders(actor, { id: 'one', organisationId: home }),
  'patient:delegates': (actor) => mayKeepDelegates(actor, { organisationId: home }),
  'consent:read': (actor) => mayReadConsents(actor, { id: 'one', organisationId: home }),
  'consent:record': (actor) =>
    mayAnswerFor(actor, {
      organisationId: home,
      patientId: 'one',
      personKind: 'patient',
      personId: 'one'
    }),
  'chart:read': (actor) => chartRights(actor, home).read,
  'chart:record': (actor) => chartRights(actor, home).record,
  'image:read': (actor) => imageRights(actor, home).read,
  'image:upload': (actor) => imageRights(actor, home).upload,
  'image:calibrate': (actor) => imageRights(actor, home).calibrate,
  'image:download': (actor) => imageRights(actor, home).download,
  'image:withdraw': (actor) => imageRights(actor, home).withdraw,
  'plan:read': (actor) => planRights(actor, home).read,
  'plan:create': (actor) => planRights(actor, home).create,
  'plan:progress': (actor) => planRights(actor, home).progress,
  'plan:agree': (actor) => planRights(actor, home).agree,
  'appointment:read': (actor) => mayReadAppointments(actor, null),
  'appointment:book': (actor) => mayBookAppointments(actor, null),
  'consult:ask': mayAsk,
  'consult:read': (actor) =>
    sideOf(actor, asking) !== null &&
    mayReadOpinions(actor, asking) &&
    mayChat(actor, asking, 'team') &&
    mayPlayRecording(actor, asking),
  'consult:board': (actor) =>
    boardMode(actor, asking) === 'write' && mayReplayBoard(actor, asking) && mayExportBoard(actor, asking),
  'consult:comments': (actor) => mayReadComments(actor, asking) && mayComment(actor, asking),
  'consult:decide': (actor) =>
    mayDecide(actor, asking) &&
    mayAdmit(actor, asking) &&
    mayModerate(actor, asking) &&
    mayRecordRoom(actor, asking),
  'consult:waiting': (actor) => mayKeepWaiting(actor, asking),
  'consult:delete-recording': (actor) => mayDeleteRecording(actor, { ...asking, requesterId: actor.userId }),
  'consult:grant': (actor) => mayChangeGrant(actor, asking) && mayInviteGuests(actor, asking),
  'consult:answer': (actor) => mayAnswer(actor, asked(actor)),
  'consult:sign': (actor) => mayAnswer(actor, asked(actor)) && mayAdvise(actor, asked(actor)),
  'consult:break-glass': (actor) => mayBreakGlass(actor, { ...asked(actor), status: 'closed' }),
  'rights:read': (actor) => rightsOf(actor, home).read,
  'rights:request': (actor) =>
    rightsOf(actor, home).request && mayAskCorrection(actor, { id: 'one', organisationId: home }),
  'rights:decide': (actor) => rightsOf(actor, home).decide,
  'rights:export': (actor) => rightsOf(actor, home).export,
  'rights:hold': (actor) => rightsOf(actor, home).hold,
  'rights:erase': (actor) =>
    rightsOf(actor, home).erase &&
    mayWithdrawErasure(actor, { organisationId: home, askedById: actor.userId }),
  'rights:approve': (actor) => mayApproveErasure(actor, { organisationId: home, askedById: 'somebody else' }),
  'organisation:credentials': mayVerifyCredentials,
  'organisation:grants': mayChangeGrantDays,
  'organisation:reviews': mayReviewGlass,
  'organisation:quality': mayReadCallQuality,
  'organisation:members': mayManageMembers,
  'organisation:clinics': mayShapeOrganisation,
  'organisation:audit': mayReadTrail,
  'organisation:outbox': mayReadOutgoingMail,
  'organisation:permissions': mayReadPermissions,
  'organisation:register': mayReadRegister
};

/** [ID-23] The table of rights: who sees to the organisation. */
export function mayReadPermissions(actor: MemberActor): boolean {
  return actor.role === 'owner';
}

/** [ID-36] The rights an organisation can change, as their policies declare them. */
export const declaredRights: ReadonlyMap<Permission, Right> = new Map(
  [
    patientActs,
    auditActs,
    chartActs,
    imageActs,
    planActs,
    appointmentActs,
    consultActs,
    patientRightActs,
    mailActs
  ]
    .flatMap((acts): Right[] => Object.values(acts))
    .map((one) => [one.name as Permission, one])
);

/** What a role may do in its own organisation, with what was changed of it. */
export function rightsOfRole(
  role: MemberRole,
  changed: Readonly<Record<string, boolean>> = {}
): Record<Permission, boolean> {
  const actor = memberOf(role, changed);
  return Object.fromEntries(
    Object.entries(rules).map(([permission, may]) => [permission, may(actor)])
  ) as Record<Permission, boolean>;
}

/** What each built-in role may do where nothing was changed. */
export function permissionMatrix(): PermissionMatrix {
  const byRole = Object.fromEntries(memberRoles.map((role) => [role, rightsOfRole(role)])) as Record<
    MemberRole,
    Record<Permission, boolean>
  >;
  return Object.keys(rules).map((name) => {
    const permission = name as Permission;
    return {
      permission,
      roles: Object.fromEntries(memberRoles.map((role) => [role, byRole[role][permission]])) as Record<
        MemberRole,
        boolean
      >
    };
  });
}
