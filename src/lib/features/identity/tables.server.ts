import { boolean, foreignKey, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { clinics, organisations } from '#lib/features/tenancy/tables.server.ts';
import { instant, tenantColumns } from '#lib/features/tenancy/columns.server.ts';
import { memberRoles } from '#lib/kernel/actor.ts';

/* The four tables better-auth keeps. They belong to no organisation (a person may work in several) and only
   role `consilium_system` may touch them: use cases never see a password hash or a session token. */

export const users = pgTable('user', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
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

/** A person's place in an organisation. A revoked member keeps the row: the record names who wrote it. */
export const members = pgTable(
  'member',
  {
    ...tenantColumns(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    clinicId: uuid('clinic_id'),
    role: text('role', { enum: memberRoles }).notNull(),
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
    organisationNameEn: text('organisation_name_en').notNull()
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
