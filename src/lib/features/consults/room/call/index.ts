/** What pages use of the call. The media client is behind dynamic imports: none of this loads it. */
export { CallController, type CallOptions } from './call.svelte.ts';
export { CallSigns } from './signs.svelte.ts';
export { pinnedFirst } from './layout.ts';
export { watchStruggle } from './struggle.ts';
export { CallView } from './view.svelte.ts';
export type { CallPhase, FailReason, LeaveReason, ParticipantView, SeatRole, Ticket } from './call.ts';
export { noCallHere, type NoCall } from './browser.ts';
export { default as BlurButton } from './blur/BlurButton.svelte';
export { default as CallBar } from './CallBar.svelte';
export { default as CallTools } from './CallTools.svelte';
export { default as CallStage } from './CallStage.svelte';
export { default as CallButton } from './CallButton.svelte';
export { default as ConnectionNotice } from './ConnectionNotice.svelte';
export { default as DeviceMenus } from './DeviceMenus.svelte';
export { default as Lobby } from './Lobby.svelte';
export { default as PatientStage } from './PatientStage.svelte';
export { default as TileStrip } from './TileStrip.svelte';
export { default as VideoTile } from './VideoTile.svelte';
