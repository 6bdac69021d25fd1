import { redirect } from '@sveltejs/kit';
import {
  acceptConsult,
  answerMore,
  askForMore,
  cancelConsult,
  declineConsult
} from '#lib/features/consults/answer.server.ts';
import { breakGlass } from '#lib/features/consults/break-glass.server.ts';
import { glassInput } from '#lib/features/consults/break-glass.ts';
import { messageInput, reasonInput } from '#lib/features/consults/schema.ts';
import { asAppError } from '#lib/kernel/errors.ts';
import { readCase } from '../../../case.server.ts';
import { acted, errorPage, idOf, loaded, parsed, staffCall } from '../../../edge.server.ts';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async (event) => {
  event.depends('app:consult');
  return loaded(readCase(staffCall(event), idOf(event.params.id)));
};

/** What a colleague took on is out of this person's sight: its page cannot be shown again with the refusal on it. */
const tellTaken = (cause: unknown): never => {
  const known = asAppError(cause);
  if (known?.code === 'consult_already_accepted') errorPage(known);
  throw cause;
};

const textOf = async (request: Request, field: string) => String((await request.formData()).get(field) ?? '');

export const actions: Actions = {
  accept: async (event) => {
    const id = idOf(event.params.id);
    const refused = await acted(() => acceptConsult(staffCall(event), id).catch(tellTaken));
    if (refused) return refused;
    redirect(303, `/room/${id}`);
  },
  decline: async (event) => {
    const reason = await textOf(event.request, 'reason');
    return acted(
      () =>
        declineConsult(staffCall(event), idOf(event.params.id), parsed(reasonInput, { reason }).reason).catch(
          tellTaken
        ),
      { reason }
    );
  },
  askMore: async (event) => {
    const text = await textOf(event.request, 'text');
    return acted(
      () =>
        askForMore(staffCall(event), idOf(event.params.id), parsed(messageInput, { text }).text).catch(
          tellTaken
        ),
      { text }
    );
  },
  answerMore: async (event) => {
    const text = await textOf(event.request, 'text');
    const id = idOf(event.params.id);
    const refused = await acted(() => answerMore(staffCall(event), id, parsed(messageInput, { text }).text), {
      text
    });
    if (refused) return refused;
    // Sent before the script had come, loading the page again must not send it again.
    redirect(303, `/consults/${id}`);
  },
  breakGlass: async (event) => {
    const typed = Object.fromEntries(await event.request.formData());
    return acted(async () => {
      await breakGlass(staffCall(event), idOf(event.params.id), parsed(glassInput, typed));
      return {};
    });
  },
  cancel: async (event) => acted(() => cancelConsult(staffCall(event), idOf(event.params.id)))
};
