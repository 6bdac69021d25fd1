import { accountApiCall, answered } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** A sign of life: the person is here. What is written is written for every such request (src/hooks.server.ts). */
export const POST: RequestHandler = ({ locals }) => answered(async () => void accountApiCall(locals));
