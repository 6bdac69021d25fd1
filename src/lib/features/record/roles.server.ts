import { and, asc, eq, isNull } from 'drizzle-orm';
import { memberRoles, type MemberActor, type MemberRole } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { UnitNames } from '#lib/features/identity/schema.ts';
import { members, roleRights, roles } from '#lib/features/identity/tables.server.ts';
import type { Call } from '#lib/features/tenancy/call.ts';
import { inTransaction, type Tx } from '#lib/features/tenancy/transaction.server.ts';
import { declaredRights, mayReadPermissions, rightsOfRole } from './permissions.server.ts';
import {
  permissionGroups,
  type Fixed,
  type Permission,
  type RolesView,
  type RoleView
} from './permissions.ts';

type OwnerCall = Call<never, MemberActor>;
/** A role with rows by its id, a built-in one nobody changed yet by its name. */
export type RoleKey = { id: string } | { base: MemberRole };

const permissions = Object.values(permissionGroups).flat() as Permission[];

/** [ID-36] The organisation's roles, built-in ones first, with who has them. @throws AppError `forbidden` */
export async function readRoles(call: OwnerCall): Promise<RolesView> {
  if (!mayReadPermissions(call.actor)) throw fail('forbidden');
  return inTransaction(call, async (tx) => {
    const rows = await tx.rows
      .select()
      .from(roles)
      .where(isNull(roles.closedAt))
      .orderBy(asc(roles.createdAt));
    const changes = await tx.rows.select().from(roleRights);
    const people = await tx.rows
      .select({ name: members.name, role: members.role, roleId: members.roleId })
      .from(members)
      .where(isNull(members.revokedAt))
      .orderBy(asc(members.createdAt));
    const view = (base: MemberRole, row: (typeof rows)[number] | undefined): RoleView => {
      const builtIn = row?.builtIn ?? true;
      return {
        id: row?.id ?? null,
        base,
        builtIn,
        name: row?.name ?? '',
        nameEn: row?.nameEn ?? '',
        people: people
          .filter((one) => (builtIn ? one.roleId === null && one.role === base : one.roleId === row?.id))
          .map((one) => one.name),
        rights: rightsOfRole(base, changedOf(changes, row?.id)),
        usual: rightsOfRole(base)
      };
    };
    const builtIn = memberRoles.map((base) =>
      view(
        base,
        rows.find((row) => row.builtIn && row.base === base)
      )
    );
    const own = rows.filter((row) => !row.builtIn).map((row) => view(row.base, row));
    return { roles: [...builtIn, ...own], fixed: fixedRights() };
  });
}

/**
 * [ID-37] Give a role rights and take rights from it; what is not named stays. Holds at the next request of whoever
 * has it, and within a second for what they have open.
 * @throws AppError `forbidden`, `not_found`, `right_fixed` where one of them cannot be changed for this role
 */
export async function changeRights(
  call: OwnerCall,
  key: RoleKey,
  wanted: Partial<Record<Permission, boolean>>
): Promise<void> {
  await shaping(call, async (tx) => {
    const role = await roleFor(tx, key);
    const before = rightsOfRole(role.base, changedOf(await tx.rows.select().from(roleRights), role.id));
    const changed = Object.entries(wanted).filter(
      ([name, allowed]) => before[name as Permission] !== allowed
    ) as [Permission, boolean][];
    if (changed.length === 0) return;
    const fixed = fixedRights()[role.base];
    if (changed.some(([name]) => !(name in before) || fixed[name])) throw fail('right_fixed');
    for (const [name, allowed] of changed)
      await tx.rows
        .insert(roleRights)
        .values({ organisationId: role.organisationId, roleId: role.id, right: name, allowed })
        .onConflictDoUpdate({
          target: [roleRights.organisationId, roleRights.roleId, roleRights.right],
          set: { allowed }
        });
    await tx.audit({
      action: 'role.rights',
      subject: { type: 'role', id: role.id },
      detail: {
        base: role.base,
        given: changed.filter(([, allowed]) => allowed).map(([name]) => name),
        taken: changed.filter(([, allowed]) => !allowed).map(([name]) => name)
      }
    });
    await tellHolders(tx, role);
  });
}

/** [ID-37] Everything of a role as built in again. @throws AppError `forbidden`, `not_found` */
export async function restoreRole(call: OwnerCall, key: RoleKey): Promise<void> {
  await shaping(call, async (tx) => {
    const role = await roleFor(tx, key);
    await tx.rows.update(roleRights).set({ allowed: null }).where(eq(roleRights.roleId, role.id));
    await tx.audit({
      action: 'role.restore',
      subject: { type: 'role', id: role.id },
      detail: { base: role.base }
    });
    await tellHolders(tx, role);
  });
}

/** [ID-38] A role of the organisation's own, with what its built-in one may do today. @throws AppError `forbidden` */
export async function addRole(
  call: OwnerCall,
  { base, ...names }: UnitNames & { base: MemberRole }
): Promise<{ id: string }> {
  return shaping(call, async (tx) => {
    const id = newId(tx.now.getTime());
    const organisationId = call.actor.organisationId;
    const [model] = await tx.rows
      .select({ id: roles.id })
      .from(roles)
      .where(and(roles.builtIn, eq(roles.base, base)));
    await tx.rows.insert(roles).values({ id, organisationId, base, builtIn: false, ...names });
    const changes = await tx.rows.select().from(roleRights);
    const copied = Object.entries(changedOf(changes, model?.id));
    if (copied.length)
      await tx.rows
        .insert(roleRights)
        .values(copied.map(([right, allowed]) => ({ organisationId, roleId: id, right, allowed })));
    await tx.audit({ action: 'role.add', subject: { type: 'role', id }, detail: { base, name: names.name } });
    return { id };
  });
}

/** [ID-38] @throws AppError `forbidden`, `not_found` (built-in ones too), `role_in_use` while somebody has it */
export async function closeRole(call: OwnerCall, id: string): Promise<void> {
  await shaping(call, async (tx) => {
    const role = await roleFor(tx, { id });
    if (role.builtIn) throw fail('not_found');
    const [holder] = await tx.rows
      .select({ id: members.id })
      .from(members)
      .where(and(eq(members.roleId, id), isNull(members.revokedAt)))
      .limit(1);
    if (holder) throw fail('role_in_use');
    await tx.rows.update(roles).set({ closedAt: tx.now }).where(eq(roles.id, id));
    await tx.audit({ action: 'role.close', subject: { type: 'role', id } });
  });
}

/** By base and right, what no organisation can change. */
function fixedRights(): RolesView['fixed'] {
  const fixedFor = (base: MemberRole) =>
    Object.fromEntries(
      permissions.flatMap((name): [Permission, Fixed][] => {
        const declared = declaredRights.get(name);
        if (!declared) return [[name, 'rule']];
        if (!declared.most.includes(base)) return [[name, 'ceiling']];
        return declared.least.includes(base) ? [[name, 'floor']] : [];
      })
    );
  return Object.fromEntries(memberRoles.map((base) => [base, fixedFor(base)])) as RolesView['fixed'];
}

function changedOf(
  rows: readonly (typeof roleRights.$inferSelect)[],
  roleId: string | undefined
): Record<string, boolean> {
  return Object.fromEntries(
    rows.flatMap((row) => (row.roleId === roleId && row.allowed !== null ? [[row.right, row.allowed]] : []))
  );
}

function shaping<T>(call: OwnerCall, work: (tx: Tx) => Promise<T>): Promise<T> {
  if (!mayReadPermissions(call.actor)) throw fail('forbidden');
  return inTransaction(call, work);
}

/** Locked, so that two who change it at once follow one another. A built-in role gets its row here. */
async function roleFor(tx: Tx, key: RoleKey): Promise<typeof roles.$inferSelect> {
  if ('base' in key) {
    const { organisationId } = tx.actor;
    await tx.rows
      .insert(roles)
      .values({ organisationId, base: key.base, builtIn: true, name: '', nameEn: '' })
      .onConflictDoNothing();
  }
  const which = 'base' in key ? and(roles.builtIn, eq(roles.base, key.base)) : eq(roles.id, key.id);
  const [role] = await tx.rows
    .select()
    .from(roles)
    .where(and(which, isNull(roles.closedAt)))
    .for('update');
  if (!role) throw fail('not_found');
  return role;
}

/** Sockets and seats of those who have the role are asked anew; their pages read themselves again. */
async function tellHolders(tx: Tx, role: typeof roles.$inferSelect): Promise<void> {
  const has = role.builtIn
    ? and(isNull(members.roleId), eq(members.role, role.base))
    : eq(members.roleId, role.id);
  const holders = await tx.rows
    .select({ userId: members.userId })
    .from(members)
    .where(and(has, isNull(members.revokedAt)));
  for (const { userId } of holders) {
    await tx.live({ topic: 'access', name: 'session.ended', data: { userId } });
    await tx.live({ topic: `user:${userId}`, name: 'rights.changed' });
  }
}
