import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Tokens LiveKit renews for a connected client live ten minutes; after that no old one can be left. */
const longestTokenMs = 11 * 60_000;

/** What the signalling proxy must know of a token. */
export interface TokenClaims {
  room: string;
  identity: string;
  /** Seconds since 1970; the later of "issued" and "not before", 0 where it names neither. */
  issuedAt: number;
}

/** True where `secret` signed this token (HS256). The rest of it is LiveKit's to judge, which costs it a connection. */
export function isSignedWith(secret: string, token: string): boolean {
  const parts = token.split('.');
  if (parts.length !== 3 || parts.some((part) => part === '')) return false;
  const given = Buffer.from(parts[2]!, 'base64url');
  const own = createHmac('sha256', secret).update(`${parts[0]}.${parts[1]}`).digest();
  return given.length === own.length && timingSafeEqual(given, own);
}

/** Reads the claims without trusting them. Null where this is no token. */
export function readClaims(token: string): TokenClaims | null {
  const payload = token.split('.')[1];
  if (!payload) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return null;
    const { sub, iat, nbf, video } = claims as Record<string, unknown>;
    const room = typeof video === 'object' && video !== null && 'room' in video ? video.room : undefined;
    if (typeof sub !== 'string' || typeof room !== 'string') return null;
    return { room, identity: sub, issuedAt: Math.max(Number(iat) || 0, Number(nbf) || 0) };
  } catch {
    return null;
  }
}

/**
 * Who was shown out, and when. LiveKit forgets a removed participant at once and would let the same token
 * in again while it lasts; the proxy asks here first.
 */
export class Revoked {
  readonly #until = new Map<string, number>();

  add(room: string, identity: string | null, now: Date): void {
    this.#forget(now);
    this.#until.set(JSON.stringify([room, identity]), now.getTime());
  }

  /** True where the token was made before its holder (or the whole room) was shown out. */
  refuses(claims: TokenClaims, now: Date): boolean {
    this.#forget(now);
    return [claims.identity, null].some((identity) => {
      const shownOut = this.#until.get(JSON.stringify([claims.room, identity]));
      // Whole seconds in tokens: one minted in the very second of the removal counts as older.
      return shownOut !== undefined && claims.issuedAt <= Math.floor(shownOut / 1_000);
    });
  }

  /**
   * Waits out the second of a removal, so that who is let in again right away gets a token that counts as
   * newer. Little more than one second at most, and only then.
   */
  async untilReadmittable(room: string, identity: string, now: Date): Promise<void> {
    const claims = { room, identity, issuedAt: Math.floor(now.getTime() / 1_000) };
    if (this.refuses(claims, now))
      // A timer may be a moment early by the clock that tokens go by.
      await new Promise((resolve) => setTimeout(resolve, 1_010 - (now.getTime() % 1_000)));
  }

  #forget(now: Date): void {
    for (const [key, at] of this.#until) if (at < now.getTime() - longestTokenMs) this.#until.delete(key);
  }
}
