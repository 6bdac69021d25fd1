import type { Actor } from '#lib/kernel/actor.ts';

export interface ImageRights {
  read: boolean;
  upload: boolean;
  /** Set or change the scale of a picture. */
  calibrate: boolean;
  /** Take the original file away, with all its tags. */
  download: boolean;
  /** Take a picture out of the record's view, and bring it back: whoever may put one in. */
  withdraw: boolean;
}

const none: ImageRights = { read: false, upload: false, calibrate: false, download: false, withdraw: false };
const all: ImageRights = { read: true, upload: true, calibrate: true, download: true, withdraw: true };

/**
 * What `actor` may do with pictures of a patient of `patientOrganisationId`. For a remote expert and for a
 * visiting patient `read` means "where row-level security lets the row through": the grant decides which.
 */
export function imageRights(actor: Actor, patientOrganisationId: string): ImageRights {
  const own = actor.organisationId === patientOrganisationId;
  switch (actor.kind) {
    case 'system':
      return own ? all : none;
    case 'patient-link':
      // On the simplified board the patient sees the pictures of their own consult.
      return own ? { ...none, read: true } : none;
    case 'member':
      switch (actor.role) {
        case 'dentist':
          return own ? all : none;
        case 'nurse':
          return own ? { ...all, calibrate: false } : none;
        case 'expert':
          // At home a specialist treats; abroad they look, and their calibrations live on the board.
          return own ? all : { ...none, read: true };
        case 'owner':
        case 'receptionist':
          return own ? { ...none, read: true } : none;
      }
  }
}

/** Before anything is read: may this actor do this with any picture at all? */
export function mayWithSomeImage(actor: Actor, right: keyof ImageRights): boolean {
  return imageRights(actor, actor.organisationId)[right];
}
