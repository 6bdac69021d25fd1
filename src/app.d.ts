import type { Actor, MemberActor, PatientLinkActor, RequestInfo } from '#lib/kernel/actor.ts';
import type { Chooser } from '#lib/features/identity/member.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import type { ErrorCode } from '#lib/kernel/errors.ts';

declare global {
  namespace App {
    interface Locals {
      services: Services;
      request: RequestInfo;
      actor: Actor | null;
      member: MemberActor | null;
      /** Signed in, but must set up a second factor first: reaches the account page only. */
      enrolling: MemberActor | null;
      /** Signed in, but must say first in which of their organisations they work. */
      choosing: Chooser | null;
      /** In how many organisations the signed-in person works. */
      places: number;
      visitor: PatientLinkActor | null;
    }
    interface Error {
      /** In the person's language. */
      message: string;
      code: ErrorCode;
      requestId?: string;
    }
  }
}
export {};
