/** What other rooms may use of notifications in the browser. */
export { default as OutgoingMailList } from './OutgoingMailList.svelte';
export type { NotificationView, OutgoingMailView } from './notification.ts';
