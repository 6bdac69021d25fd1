/** What other rooms may use of notifications in the browser. */
export { default as PushCard } from './PushCard.svelte';
export { default as PushOffer } from './PushOffer.svelte';
export { keepPushed } from './push-device.svelte.ts';
export { default as OutgoingMailList } from './OutgoingMailList.svelte';
export type { NotificationView, OutgoingMailView } from './notification.ts';
