import { withdrawFinding } from '#lib/features/odontogram/record-finding.server.ts';
import { withdrawInput } from '#lib/features/odontogram/schema.ts';
import { answered, idOf, parsed, staffApiCall } from '../../../edge.server.ts';
import type { RequestHandler } from './$types';

export const DELETE: RequestHandler = ({ params, locals, url }) =>
  answered(() =>
    withdrawFinding(
      staffApiCall(locals),
      parsed(withdrawInput, { findingId: idOf(params.id), reason: url.searchParams.get('reason') ?? '' })
    )
  );
