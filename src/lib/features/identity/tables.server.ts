import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid
} from 'drizzle-orm/pg-core';
import { clinics, departments, organisations } from '#lib/features/tenancy/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { memberRoles } from '#lib/kernel/actor.ts';
import { reaches } from './reach.ts';

/* The four tables better-auth keeps. They belong to no organisation (a person may work in several) and only
   role `consilium_system` may touch them: use cases never see a password hash or a session token. */

export const users = pgTable('user', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
  /** The membership last worked from: the next session begins there. */
  lastMemberId: uuid('last_member_id'),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow()
});

export const sessions = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    token: text('token').notNull().unique(),
    expiresAt: instant('expires_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    /** When the person last did something; idle log-off counts from here, not from a page that polls. */
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    /** When they last showed a password, passkey or code; null after a sign-in from elsewhere. */
    confirmedAt: instant('confirmed_at'),
    /** The membership acted from. Looked up anew at each request: one that has ended is nobody's. */
    memberId: uuid('member_id'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow()
  },
  (t) => [index('session_user').on(t.userId)]
);

export const accounts = pgTable(
  'account',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: instant('access_token_expires_at'),
    refreshTokenExpiresAt: instant('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow()
  },
  (t) => [index('account_user').on(t.userId), unique('account_provider').on(t.providerId, t.accountId)]
);

export const verifications = pgTable(
  'verification',
  {
    id: uuid('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow()
  },
  (t) => [index('verification_identifier').on(t.identifier)]
);

/**
 * Tries at a door, by a keyed hash of the account or the address: in the database, so that a restart forgets
 * nothing and every node counts together.
 */
export const signInTries = pgTable('sign_in_try', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  blockedUntil: instant('blocked_until').notNull(),
  lastAt: instant('last_at').notNull()
});

/** A person's authenticator app (RFC 6238). The secret is sealed; a code's time step is used once. */
export const totpFactors = pgTable('totp_factor', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  secretSealed: text('secret_sealed').notNull(),
  /** Null while the first code has not been shown yet: such a factor is asked of nobody. */
  confirmedAt: instant('confirmed_at'),
  lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
  createdAt: instant('created_at').notNull().defaultNow()
});

export const recoveryCodes = pgTable(
  'recovery_code',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    hash: text('hash').notNull(),
    usedAt: instant('used_at'),
    createdAt: instant('created_at').notNull().defaultNow()
  },
  (t) => [unique('recovery_code_once').on(t.userId, t.hash)]
);

/** A WebAuthn credential. */
export const passkeys = pgTable(
  'passkey',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Base64url, as the browser names it. */
    credentialId: text('credential_id').notNull().unique(),
    /** COSE key, base64url. */
    publicKey: text('public_key').notNull(),
    counter: bigint('counter', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at')
  },
  (t) => [index('passkey_user').on(t.userId)]
);

/** A step begun and not finished: second factor, passkey, sign-in elsewhere. Short-lived, used once. */
export const signInSteps = pgTable(
  'sign_in_step',
  {
    id: uuid('id').primaryKey(),
    /** Of the secret the browser holds. */
    tokenHash: text('token_hash').notNull().unique(),
    kind: text('kind').notNull(),
    userId: uuid('user_id').references(() => users.id, { onDelete: 'cascade' }),
    data: jsonb('data').$type<Record<string, string>>().notNull().default({}),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull().defaultNow()
  },
  (t) => [index('sign_in_step_expires').on(t.expiresAt)]
);

/** A link that lets a person choose a new password, once. */
export const passwordResets = pgTable(
  'password_reset',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    tokenHash: text('token_hash').notNull().unique(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    createdAt: instant('created_at').notNull().defaultNow()
  },
  (t) => [index('password_reset_user').on(t.userId)]
);

/** A place offered to one address. */
export const invitations = pgTable(
  'member_invitation',
  {
    ...tenantColumns(),
    email: text('email').notNull(),
    name: text('name').notNull(),
    title: text('title').notNull().default(''),
    role: text('role', { enum: memberRoles }).notNull(),
    specialty: text('specialty'),
    clinicId: uuid('clinic_id'),
    tokenHash: text('token_hash').notNull().unique(),
    invitedById: uuid('invited_by_id').notNull(),
    expiresAt: instant('expires_at').notNull(),
    acceptedAt: instant('accepted_at'),
    withdrawnAt: instant('withdrawn_at')
  },
  (t) => [
    index('member_invitation_open').on(t.organisationId, t.createdAt),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    })
  ]
);

/**
 * [ID-36] A role as the organisation has it: one of the built-in ones once something of it was changed, or one of its
 * own, made from a built-in one (`base`) whose limits it keeps.
 */
export const roles = pgTable(
  'member_role',
  {
    ...tenantColumns(),
    base: text('base', { enum: memberRoles }).notNull(),
    builtIn: boolean('built_in').notNull(),
    /** Empty for a built-in one, whose name is the product's. */
    name: text('name').notNull(),
    nameEn: text('name_en').notNull(),
    closedAt: instant('closed_at')
  },
  (t) => [
    // What a member refers to: a role and what it was made from.
    unique('member_role_base').on(t.organisationId, t.id, t.base),
    unique('member_role_tenant').on(t.organisationId, t.id),
    uniqueIndex('member_role_built_in')
      .on(t.organisationId, t.base)
      .where(sql`built_in`)
  ]
);

/** What was changed of one role. A right without a row, or with null, is as built in. */
export const roleRights = pgTable(
  'member_role_right',
  {
    ...tenantColumns(),
    roleId: uuid('role_id').notNull(),
    /** Name of a declared right (kernel/rights.ts). */
    right: text('right_name').notNull(),
    allowed: boolean('allowed')
  },
  (t) => [
    unique('member_role_right_once').on(t.organisationId, t.roleId, t.right),
    foreignKey({
      columns: [t.organisationId, t.roleId],
      foreignColumns: [roles.organisationId, roles.id]
    })
  ]
);

/** A person's place in an organisation. A revoked member keeps the row: the record names who wrote it. */
export const members = pgTable(
  'member',
  {
    ...tenantColumns(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    clinicId: uuid('clinic_id'),
    departmentId: uuid('department_id'),
    /** What they see: their own clinic (all of them where they have none), all, or those in `clinicIds`. */
    reach: text('reach', { enum: reaches }).notNull().default('own'),
    clinicIds: uuid('clinic_ids').array().notNull().default([]),
    role: text('role', { enum: memberRoles }).notNull(),
    /** A role of the organisation's own, made from `role`; null: the built-in one. */
    roleId: uuid('role_id'),
    name: text('name').notNull(),
    title: text('title').notNull().default(''),
    specialty: text('specialty'),
    revokedAt: instant('revoked_at')
  },
  (t) => [
    unique('member_tenant').on(t.organisationId, t.id),
    unique('member_once').on(t.organisationId, t.userId),
    index('member_user').on(t.userId),
    foreignKey({ columns: [t.organisationId], foreignColumns: [organisations.id] }),
    foreignKey({
      columns: [t.organisationId, t.clinicId],
      foreignColumns: [clinics.organisationId, clinics.id]
    }),
    foreignKey({
      columns: [t.organisationId, t.clinicId, t.departmentId],
      foreignColumns: [departments.organisationId, departments.clinicId, departments.id]
    }),
    foreignKey({
      columns: [t.organisationId, t.roleId, t.role],
      foreignColumns: [roles.organisationId, roles.id, roles.base]
    })
  ]
);

/** What a member may practise, as the owner checked it. A newer one withdraws the older; no row is changed otherwise. */
export const practitionerCredentials = pgTable(
  'practitioner_credential',
  {
    ...tenantColumns(),
    memberId: uuid('member_id').notNull(),
    specialty: text('specialty').notNull(),
    /** Number of the practising certificate (执业证书编号). */
    licenceNumber: text('licence_number').notNull(),
    /** Who issued it, and where. */
    issuedBy: text('issued_by').notNull(),
    /** Last day it holds, in the organisation's time zone. */
    validUntil: date('valid_until', { mode: 'string' }).notNull(),
    verifiedById: uuid('verified_by_id').notNull(),
    verifiedByName: text('verified_by_name').notNull(),
    verifiedAt: instant('verified_at').notNull(),
    /** Days before the end of which people were last reminded. */
    remindedDays: integer('reminded_days'),
    withdrawnAt: instant('withdrawn_at')
  },
  (t) => [
    index('practitioner_credential_member').on(t.organisationId, t.memberId),
    uniqueIndex('practitioner_credential_current')
      .on(t.memberId, t.specialty)
      .where(sql`withdrawn_at IS NULL`),
    foreignKey({
      columns: [t.organisationId, t.memberId],
      foreignColumns: [members.organisationId, members.id]
    })
  ]
);

/** Experts an organisation offers to others: the one table every organisation may read. */
export const expertListings = pgTable(
  'expert_listing',
  {
    ...tenantColumns(),
    memberId: uuid('member_id').notNull(),
    userId: uuid('user_id').notNull(),
    name: text('name').notNull(),
    title: text('title').notNull(),
    specialty: text('specialty').notNull(),
    organisationName: text('organisation_name').notNull(),
    organisationNameEn: text('organisation_name_en').notNull(),
    /** Last day of the credential for this specialty; null: none. Without one in force nobody is offered. */
    credentialUntil: date('credential_until', { mode: 'string' })
  },
  (t) => [
    unique('expert_listing_member').on(t.organisationId, t.memberId),
    index('expert_listing_specialty').on(t.specialty),
    foreignKey({
      columns: [t.organisationId, t.memberId],
      foreignColumns: [members.organisationId, members.id]
    })
  ]
);
