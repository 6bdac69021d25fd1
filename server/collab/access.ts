import type { IncomingMessage } from 'node:http';
import type { CloseReason } from './close-codes.ts';

/** What one person may do with one document, as just looked up. */
export interface Access {
  mode: 'write' | 'read';
  /** The organisation that owns the document, which need not be the person's own. */
  organisationId: string;
  consultId: string;
  /** Opaque and stable for a person in a consult; others see it. */
  identity: string;
  /** Others see it. */
  name: string;
  /** Others see it. */
  role: string;
  userId: string | null;
  inviteId: string | null;
}

export type Authorisation = { ok: true; access: Access } | { ok: false; close: CloseReason };

/** Session and access check. Called before anything of the document is loaded, and again to re-check. */
export type Authorise = (request: IncomingMessage, documentId: string) => Promise<Authorisation>;

/** Whose sockets: all that match every field given. */
export interface Whose {
  userId?: string;
  inviteId?: string;
  consultId?: string;
}

/** True where at least one field is given and all given ones are this access's. */
export function isWhose(access: Access, whose: Whose): boolean {
  const given = (['userId', 'inviteId', 'consultId'] as const).filter((field) => whose[field] !== undefined);
  return given.length > 0 && given.every((field) => access[field] === whose[field]);
}

/** Who a change is written down under. */
export function authorOf(access: Access): string {
  return access.userId ?? access.inviteId ?? access.identity;
}
