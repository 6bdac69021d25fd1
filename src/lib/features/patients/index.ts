/** What other rooms may use of patients in the browser. */
export { default as PatientBanner } from './PatientBanner.svelte';
export { default as PatientSummary } from './PatientSummary.svelte';
export { default as Timeline } from './Timeline.svelte';
export { allergyText } from './allergy-text.ts';
export { bannerOf } from './views.ts';
export type {
  BannerView,
  HealthItemView,
  NoteView,
  PatientHead,
  PatientLine,
  TimelineItem,
  TimelineKind
} from './views.ts';
export { default as DelegatesCard } from './DelegatesCard.svelte';
export { relationText } from './delegate-words.ts';
