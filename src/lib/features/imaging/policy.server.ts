import type { Actor } from '#lib/kernel/actor.ts';
import { holds, right } from '#lib/kernel/rights.ts';

export const imageActs = {
  upload: right('image:upload', {
    usual: ['dentist', 'expert', 'nurse'],
    most: ['owner', 'dentist', 'expert', 'nurse', 'receptionist']
  }),
  calibrate: right('image:calibrate', { usual: ['dentist', 'expert'], most: ['dentist', 'expert', 'nurse'] }),
  download: right('image:download', {
    usual: ['dentist', 'expert', 'nurse'],
    most: ['owner', 'dentist', 'expert', 'nurse']
  }),
  withdraw: right('image:withdraw', {
    usual: ['dentist', 'expert', 'nurse'],
    most: ['owner', 'dentist', 'expert', 'nurse']
  })
};

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
      // At home a specialist treats; abroad they look, and their calibrations live on the board.
      if (!own) return actor.role === 'expert' ? { ...none, read: true } : none;
      return {
        read: true,
        upload: holds(actor, imageActs.upload),
        calibrate: holds(actor, imageActs.calibrate),
        download: holds(actor, imageActs.download),
        withdraw: holds(actor, imageActs.withdraw)
      };
  }
}

/** Before anything is read: may this actor do this with any picture at all? */
export function mayWithSomeImage(actor: Actor, right: keyof ImageRights): boolean {
  return imageRights(actor, actor.organisationId)[right];
}
