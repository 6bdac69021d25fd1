import { m } from '#lib/paraglide/messages.js';
import type { ConsentState, Purpose, Way } from './consent.ts';

type Locale = 'zh-CN' | 'en';
const in_ = (locale?: Locale) => (locale ? { locale } : {});

const states: Record<ConsentState, typeof m.consent_state_given> = {
  given: m.consent_state_given,
  refused: m.consent_state_refused,
  withdrawn: m.consent_state_withdrawn,
  outdated: m.consent_state_outdated,
  unasked: m.consent_state_unasked
};
const purposes: Record<Purpose, typeof m.consent_purpose_video> = {
  video: m.consent_purpose_video,
  recording: m.consent_purpose_recording,
  'ai-notes': m.consent_purpose_ai_notes,
  teaching: m.consent_purpose_teaching
};
const ways: Record<Way, typeof m.consent_way_link> = {
  link: m.consent_way_link,
  clinic: m.consent_way_clinic,
  delegate: m.consent_way_delegate,
  room: m.consent_way_room
};

/** In the reader's language where none is given. */
export const stateText = (state: ConsentState, locale?: Locale) => states[state]({}, in_(locale));
export const purposeText = (purpose: Purpose, locale?: Locale) => purposes[purpose]({}, in_(locale));
export const wayText = (way: Way, locale?: Locale) => ways[way]({}, in_(locale));
