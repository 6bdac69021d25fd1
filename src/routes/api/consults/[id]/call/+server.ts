import { callStatisticInput } from '#lib/features/consults/call-statistic-input.ts';
import { keepCallStatistic } from '#lib/features/consults/call-statistic.server.ts';
import { callColleague, colleaguesFor } from '#lib/features/consults/colleagues.server.ts';
import { chooseEncryption } from '#lib/features/consults/encryption.server.ts';
import {
  endCall,
  letBack,
  lockCall,
  quieten,
  showOut,
  showSign
} from '#lib/features/consults/moderate.server.ts';
import { callSignInput, moderateInput } from '#lib/features/consults/schema.ts';
import { holdPatient } from '#lib/features/consults/waiting.server.ts';
import { answered, idOf, jsonBody, parsed, staffApiCall } from '../../../../edge.server.ts';
import type { RequestHandler } from './$types';

/** Who can be called in. */
export const GET: RequestHandler = ({ params, locals }) =>
  answered(async () => colleaguesFor(staffApiCall(locals), idOf(params.id)));

/** What one shows of oneself in the call. */
export const POST: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    showSign(staffApiCall(locals), idOf(params.id), parsed(callSignInput, await jsonBody(request)))
  );

/** The figures of one's stay in it. */
export const PUT: RequestHandler = ({ params, locals, request }) =>
  answered(async () =>
    keepCallStatistic(
      staffApiCall(locals),
      idOf(params.id),
      parsed(callStatisticInput, await jsonBody(request))
    )
  );

/** What a host does to others in it. */
export const PATCH: RequestHandler = ({ params, locals, request }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const id = idOf(params.id);
    const input = parsed(moderateInput, await jsonBody(request));
    switch (input.act) {
      case 'mute':
      case 'lower-hand':
        return quieten(call, id, { act: input.act, identity: input.identity });
      case 'remove':
        return input.identity.startsWith('p:')
          ? holdPatient(call, id, input.identity)
          : showOut(call, id, input.identity);
      case 'let-back':
        return letBack(call, id, input.identity);
      case 'lock':
        return lockCall(call, id, input.locked);
      case 'encrypt':
        return chooseEncryption(call, id, input.on);
      case 'call-in':
        return callColleague(call, id, input.userId);
      case 'end':
        return endCall(call, id);
    }
  });
