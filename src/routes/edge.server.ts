import { Readable } from 'node:stream';
import { error, fail as formFail, redirect } from '@sveltejs/kit';
import * as v from 'valibot';
import type { MemberActor, PatientLinkActor } from '#lib/kernel/actor.ts';
import { asAppError, fail, type AppError } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { Chooser } from '#lib/features/identity/member.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { errorText } from '#lib/ui/error-text.ts';

type StaffCall = Services & { actor: MemberActor; request: App.Locals['request'] };
type VisitorCall = Services & { actor: PatientLinkActor; request: App.Locals['request'] };

/** The call of a signed-in member; a page visit without a session goes to the sign-in page. */
export function staffCall({ locals, url }: { locals: App.Locals; url: URL }): StaffCall {
  if (locals.enrolling) redirect(303, '/account');
  if (locals.choosing) redirect(303, `/place?next=${encodeURIComponent(url.pathname + url.search)}`);
  if (!locals.member) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  return { ...locals.services, actor: locals.member, request: locals.request };
}

/** The call of a member in an API route. @throws AppError `not_signed_in` */
export function staffApiCall(locals: App.Locals): StaffCall {
  if (!locals.member) throw fail('not_signed_in');
  return { ...locals.services, actor: locals.member, request: locals.request };
}

/** The call of someone at their own account: also one who must set up a second factor before anything else. */
export function accountCall({ locals, url }: { locals: App.Locals; url: URL }): StaffCall {
  const actor = locals.member ?? locals.enrolling;
  if (locals.choosing) redirect(303, `/place?next=${encodeURIComponent(url.pathname)}`);
  if (!actor) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname)}`);
  return { ...locals.services, actor, request: locals.request };
}

/** The same in an API route. @throws AppError `not_signed_in` */
export function accountApiCall(locals: App.Locals): StaffCall {
  const actor = locals.member ?? locals.enrolling;
  if (!actor) throw fail('not_signed_in');
  return { ...locals.services, actor, request: locals.request };
}

/** Somebody signed in, wherever they act from, who may choose between their places; else the sign-in page. */
export function chooserOf({ locals, url }: { locals: App.Locals; url: URL }): Chooser {
  const chooser = locals.member ?? locals.enrolling ?? locals.choosing;
  if (!chooser) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  return chooser;
}

/** The call of a patient who passed the door of `inviteToken`. @throws AppError `not_signed_in` */
export function visitorCall(locals: App.Locals): VisitorCall {
  if (!locals.visitor) throw fail('not_signed_in');
  return { ...locals.services, actor: locals.visitor, request: locals.request };
}

/** Kit's error page, which the server gives its words: a browser need not load those of all errors for it. */
export function errorPage({ status, code }: AppError): never {
  error(status, { message: errorText(code), code });
}

/** For loads: an AppError becomes Kit's error page with its code, anything else rises to handleError. */
export async function loaded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const known = asAppError(cause);
    if (known) errorPage(known);
    throw cause;
  }
}

/** For form actions: an AppError becomes `form = {code, detail, …kept}`; what was typed comes back in `kept`. */
export async function acted<T, K extends Record<string, unknown>>(work: () => Promise<T>, kept = {} as K) {
  try {
    return await work();
  } catch (cause) {
    const known = asAppError(cause);
    if (known) return formFail(known.status, { code: known.code, detail: known.detail, ...kept });
    throw cause;
  }
}

/** For API routes: the use case's view as JSON, or `{code, detail}` with the code's status. */
export async function answered(work: () => Promise<unknown>): Promise<Response> {
  try {
    const body = await work();
    if (body instanceof Response) return body;
    return Response.json(body ?? { ok: true }, { headers: { 'cache-control': 'private, no-store' } });
  } catch (cause) {
    const known = asAppError(cause);
    if (known) return errorResponse(known);
    throw cause;
  }
}

export function errorResponse(known: AppError): Response {
  return Response.json(
    { code: known.code, detail: known.detail },
    { status: known.status, headers: { 'cache-control': 'no-store' } }
  );
}

/** What `schema` makes of outside input. @throws AppError `invalid_input`, `text_too_long` */
export function parsed<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const tooLong = result.issues.find((issue) => issue.type === 'max_length');
  if (tooLong) throw fail('text_too_long', { max: Number(tooLong.requirement) });
  throw fail('invalid_input', { field: v.getDotPath(result.issues[0]) ?? '' });
}

/** A request's JSON, bounded. @throws AppError `invalid_input` */
export async function jsonBody(request: Request, maxBytes = 262_144): Promise<unknown> {
  const text = await request.text();
  if (text.length > maxBytes) throw fail('text_too_long', { max: maxBytes });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fail('invalid_input', {}, cause);
  }
}

/** A path parameter that must be an id; anything else is not found, whatever it was. */
export function idOf(value: string | undefined): string {
  if (!isId(value)) throw fail('not_found');
  return value;
}

/** A Set-Cookie header in the form Kit's `cookies.set` takes, so that Kit and better-auth do not fight over headers. */
export function parseSetCookie(header: string) {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const value = (name: string) =>
    attributes.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const has = (name: string) => attributes.some((part) => part.toLowerCase() === name);
  const maxAge = value('max-age');
  return {
    name: pair.slice(0, at),
    value: decodeURIComponent(pair.slice(at + 1)),
    options: {
      path: value('path') ?? '/',
      httpOnly: has('httponly'),
      secure: has('secure'),
      sameSite: 'lax' as const,
      ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) })
    }
  };
}

/** A table for the reader's disk, named for what it is of and its day. @param body CSV, UTF-8 */
export function csvFile(of: string, { clock }: Pick<StaffCall, 'clock'>, body: BodyInit): Response {
  const day = clock.now().toISOString().slice(0, 10);
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${of}-${day}.csv"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff'
    }
  });
}

/** A file for the reader's disk: never shown as a page of ours, whatever it holds. */
export function download(file: {
  bytes: AsyncIterable<Uint8Array>;
  name: string;
  size: number;
  type: string;
}): Response {
  return new Response(bodyOf(file.bytes), {
    headers: {
      'content-type': file.type,
      'content-length': String(file.size),
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox"
    }
  });
}

/** What an address says; a field left empty narrows nothing. */
export function givenIn({ searchParams }: URL): Record<string, string> {
  return Object.fromEntries([...searchParams].filter(([, value]) => value !== ''));
}

/**
 * A request's body as bytes; without one, none. Its type cannot be sent from another site's page without asking first.
 * @throws AppError `invalid_input` where it is of another type
 */
export function rawBody(request: Request): AsyncIterable<Uint8Array> {
  if (request.headers.get('content-type') !== 'application/octet-stream') throw fail('invalid_input');
  return request.body ?? nothing();
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Bytes as a response's body. Read only as fast as they are taken, and ended when the reader goes. */
export function bodyOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(bytes)) as ReadableStream<Uint8Array>;
}
