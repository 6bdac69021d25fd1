/**
 * What the room and the patient's page both use of the call; what only one of them shows is imported from its own file,
 * so that the other need not load it. The media client is behind dynamic imports: none of this loads it.
 */
export { CallController } from './call.svelte.ts';
export type { CallOptions, SeatWish } from './call-options.ts';
export type { CallPhase, FailReason, LeaveReason, ParticipantView, SeatRole, Ticket } from './call.ts';
export { noCallHere, type NoCall } from './browser.ts';
export { default as CallButton } from './CallButton.svelte';
export { default as ConnectionNotice } from './ConnectionNotice.svelte';
export { default as Lobby } from './Lobby.svelte';
