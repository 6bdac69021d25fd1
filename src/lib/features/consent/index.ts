/** What other rooms may use of consent in the browser. */
export { default as ConsentChoices } from './ConsentChoices.svelte';
export { default as ConsentForm } from './ConsentForm.svelte';
export { default as ListenerNote } from './ListenerNote.svelte';
export { allows, purposes, type ConsentState, type Purpose } from './consent.ts';
export { currentText, currentVersions } from './texts.ts';
export { purposeText, stateText } from './words.ts';
export type { AnswersInput } from './schema.ts';
