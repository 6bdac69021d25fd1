/**
 * What the room uses of the call. The patient's page imports each from its own file, so that it need not load the rest.
 * The media client is behind dynamic imports: none of this loads it.
 */
export { CallController } from './call.svelte.ts';
export type { CallOptions, SeatWish } from './call-options.ts';
export type { CallPhase, FailReason, LeaveReason, ParticipantView, SeatRole, Ticket } from './call.ts';
export { noCallHere, type NoCall } from './browser.ts';
export { default as CallButton } from './CallButton.svelte';
export { default as ConnectionNotice } from './ConnectionNotice.svelte';
export { default as Lobby } from './Lobby.svelte';
