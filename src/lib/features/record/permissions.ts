import type { MemberRole } from '#lib/kernel/actor.ts';

/** Rights as an owner reads them, by what they are about. */
export const permissionGroups = {
  patient: ['patient:read', 'patient:add', 'patient:write', 'patient:readers', 'patient:delegates'],
  consent: ['consent:read', 'consent:record'],
  chart: ['chart:read', 'chart:record'],
  image: ['image:read', 'image:upload', 'image:calibrate', 'image:download', 'image:withdraw'],
  plan: ['plan:read', 'plan:create', 'plan:progress', 'plan:agree'],
  appointment: ['appointment:read', 'appointment:book'],
  consult: [
    'consult:ask',
    'consult:read',
    'consult:board',
    'consult:comments',
    'consult:decide',
    'consult:waiting',
    'consult:delete-recording',
    'consult:grant',
    'consult:answer',
    'consult:sign',
    'consult:break-glass'
  ],
  rights: [
    'rights:read',
    'rights:request',
    'rights:decide',
    'rights:export',
    'rights:hold',
    'rights:erase',
    'rights:approve'
  ],
  organisation: [
    'organisation:credentials',
    'organisation:grants',
    'organisation:reviews',
    'organisation:quality',
    'organisation:members',
    'organisation:clinics',
    'organisation:audit',
    'organisation:outbox',
    'organisation:permissions',
    'organisation:register'
  ]
} as const;
export type PermissionGroup = keyof typeof permissionGroups;
export type Permission = (typeof permissionGroups)[PermissionGroup][number];

export type PermissionMatrix = { permission: Permission; roles: Record<MemberRole, boolean> }[];

export interface RoleView {
  /** Of a role with rows; a built-in one nobody changed goes by `base`. */
  id: string | null;
  base: MemberRole;
  builtIn: boolean;
  /** Empty for a built-in one. */
  name: string;
  nameEn: string;
  /** Who has it. */
  people: string[];
  /** What it may do, with what was changed. */
  rights: Record<Permission, boolean>;
  /** What it may do as built in. */
  usual: Record<Permission, boolean>;
}
/** Where a right stands fast for a role: `floor` never taken, `ceiling` never given, `rule` not a matter of data. */
export type Fixed = 'floor' | 'ceiling' | 'rule';
export interface RolesView {
  roles: RoleView[];
  /** By base and right, where it cannot be changed. */
  fixed: Record<MemberRole, Partial<Record<Permission, Fixed>>>;
}
