import { m } from '#lib/paraglide/messages.js';

/** One purpose for which personal data is processed, in the reader's language. */
export interface ProcessingEntry {
  purpose: () => string;
  categories: () => string;
  basis: () => string;
  recipients: () => string;
  retention: () => string;
  place: () => string;
}

/**
 * [RT-14] What this app does with personal data. Kept beside the code: whoever adds a purpose, a recipient or a place adds it
 * here. Legal bases after 个人信息保护法 (PIPL, 2021).
 */
export const processingRegister: readonly (ProcessingEntry & { id: string })[] = [
  {
    id: 'record',
    purpose: m.rights_register_record_purpose,
    categories: m.rights_register_record_categories,
    basis: m.rights_register_record_basis,
    recipients: m.rights_register_record_recipients,
    retention: m.rights_register_record_retention,
    place: m.rights_register_record_place
  },
  {
    id: 'consult',
    purpose: m.rights_register_consult_purpose,
    categories: m.rights_register_consult_categories,
    basis: m.rights_register_consult_basis,
    recipients: m.rights_register_consult_recipients,
    retention: m.rights_register_consult_retention,
    place: m.rights_register_consult_place
  },
  {
    id: 'call',
    purpose: m.rights_register_call_purpose,
    categories: m.rights_register_call_categories,
    basis: m.rights_register_call_basis,
    recipients: m.rights_register_call_recipients,
    retention: m.rights_register_call_retention,
    place: m.rights_register_call_place
  },
  {
    id: 'recording',
    purpose: m.rights_register_recording_purpose,
    categories: m.rights_register_recording_categories,
    basis: m.rights_register_recording_basis,
    recipients: m.rights_register_recording_recipients,
    retention: m.rights_register_recording_retention,
    place: m.rights_register_recording_place
  },
  {
    id: 'captions',
    purpose: m.rights_register_captions_purpose,
    categories: m.rights_register_captions_categories,
    basis: m.rights_register_captions_basis,
    recipients: m.rights_register_captions_recipients,
    retention: m.rights_register_captions_retention,
    place: m.rights_register_captions_place
  },
  {
    id: 'appointments',
    purpose: m.rights_register_appointments_purpose,
    categories: m.rights_register_appointments_categories,
    basis: m.rights_register_appointments_basis,
    recipients: m.rights_register_appointments_recipients,
    retention: m.rights_register_appointments_retention,
    place: m.rights_register_appointments_place
  },
  {
    id: 'audit',
    purpose: m.rights_register_audit_purpose,
    categories: m.rights_register_audit_categories,
    basis: m.rights_register_audit_basis,
    recipients: m.rights_register_audit_recipients,
    retention: m.rights_register_audit_retention,
    place: m.rights_register_audit_place
  },
  {
    id: 'staff',
    purpose: m.rights_register_staff_purpose,
    categories: m.rights_register_staff_categories,
    basis: m.rights_register_staff_basis,
    recipients: m.rights_register_staff_recipients,
    retention: m.rights_register_staff_retention,
    place: m.rights_register_staff_place
  },
  {
    id: 'mail',
    purpose: m.rights_register_mail_purpose,
    categories: m.rights_register_mail_categories,
    basis: m.rights_register_mail_basis,
    recipients: m.rights_register_mail_recipients,
    retention: m.rights_register_mail_retention,
    place: m.rights_register_mail_place
  }
];
