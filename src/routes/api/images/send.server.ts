import { fail } from '#lib/kernel/errors.ts';
import type { Actor } from '#lib/kernel/actor.ts';
import type { FileAnswer } from '#lib/features/imaging/read.server.ts';
import type { Services } from '#lib/features/tenancy/call.ts';
import { bodyOf, idOf } from '../../edge.server.ts';

type ReadFile = (
  call: Services & { actor: Actor; request: App.Locals['request'] },
  imageId: string
) => Promise<FileAnswer>;

/** Answer with bytes of one picture to whoever's session it is. */
export async function sendFile(
  locals: App.Locals,
  id: string | undefined,
  read: ReadFile
): Promise<Response> {
  const actor = locals.member ?? locals.visitor;
  if (!actor) throw fail('not_signed_in');
  return fileResponse(await read({ ...locals.services, actor, request: locals.request }, idOf(id)));
}

/** Never kept by browser or proxy, never taken for another type, never run. */
export function fileResponse({ stream, headers }: FileAnswer): Response {
  return new Response(bodyOf(stream), {
    headers: {
      ...headers,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin'
    }
  });
}
