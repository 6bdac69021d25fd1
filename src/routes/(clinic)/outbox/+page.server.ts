import { listOutgoingMail } from '#lib/features/notifications/list.server.ts';
import { loaded, staffCall } from '../../edge.server.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = (event) => loaded(listOutgoingMail(staffCall(event)));
