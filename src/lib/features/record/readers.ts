/** Who opened a record: one line for each person, day and consult. */
export interface ReaderView {
  /** ISO instant of the last act. */
  at: string;
  times: number;
  kind: 'member' | 'patient-link' | 'system';
  name: string | null;
  /** Of a member. */
  role: string | null;
  /** Of the patient's own clinic. */
  own: boolean;
  organisation: string | null;
  organisationEn: string | null;
  /** Number of the consult it was for. */
  consult: string | null;
  actions: string[];
  /** [CN-21] While a glass was broken. */
  emergency: boolean;
}

/** What one consult opened of the record to another organisation. */
export interface AccessView {
  consult: string;
  expert: string | null;
  organisation: string | null;
  organisationEn: string | null;
  kinds: string[];
  from: string;
  /** When it ends, or ended. */
  until: string;
  open: boolean;
}

export interface ReadersView {
  readers: ReaderView[];
  access: AccessView[];
}
