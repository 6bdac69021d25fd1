import type { ItemStatus, PlanStatus } from '#lib/features/treatment/plan.ts';
import type { AppointmentStatus } from '#lib/features/appointments/appointment.ts';
import type { Bundle, CodeableConcept, Reference, Resource } from './fhir-types.ts';
import type { ConsultRecord, PatientRecord } from './record-format.ts';

/** Names of coded things, in the language of the export. */
export interface FhirWords {
  finding: (code: string, grade: string | null) => string;
  procedure: (code: string) => string;
  image: (kind: string) => string;
}

const hl7 = (name: string) => `http://terminology.hl7.org/CodeSystem/${name}`;
const icd10 = 'http://hl7.org/fhir/sid/icd-10';
/** FDI two-digit tooth numbers. */
const iso3950 = 'urn:iso:std:iso:3950';
const own = (name: string) => `urn:consilium:${name}`;
const urn = (id: string) => `urn:uuid:${id}`;
const refer = (id: string): Reference => ({ reference: urn(id) });
const by = (display: string): Reference => ({ display });
const coded = (system: string, code: string, text?: string): CodeableConcept => ({
  coding: [{ system, code }],
  ...(text ? { text } : {})
});
const iso = (at: Date) => at.toISOString();
/** FHIR knows no empty string and no empty list. */
const when = <T>(value: T | null | undefined | '', key: string): Record<string, T> =>
  value === null || value === undefined || value === '' ? {} : { [key]: value };
const noted = (text: string | null) => (text ? { note: [{ text }] } : {});

/**
 * [RT-6] What of the record has a home in FHIR R4, as one collection. Times as recorded; people other than the patient
 * by name; originals and documents by their path in the archive. record.json holds what is not here.
 */
export function fhirBundle(record: PatientRecord, bundleId: string, words: FhirWords): Bundle {
  const resources: Resource[] = [
    { resourceType: 'Organization', id: record.organisation.id, name: record.organisation.name },
    patientOf(record),
    ...record.healthItems.map(healthOf),
    ...record.findings.map((finding) => findingOf(finding, words)),
    ...record.plans.map((plan) => planOf(plan, words)),
    ...record.appointments.map(appointmentOf),
    ...record.notes.map(noteOf),
    ...studiesOf(record),
    ...record.images.map((image) => imageOf(image, words)),
    ...record.consults.flatMap(opinionsOf)
  ];
  return {
    resourceType: 'Bundle',
    id: bundleId,
    type: 'collection',
    timestamp: iso(record.exportedAt),
    entry: resources.map((resource) => ({ fullUrl: urn(resource.id), resource }))
  };
}

function patientOf({ patient, organisation }: PatientRecord): Resource {
  const telecom = [
    ...(patient.phone ? [{ system: 'phone', value: patient.phone }] : []),
    ...(patient.email ? [{ system: 'email', value: patient.email }] : [])
  ];
  return {
    resourceType: 'Patient',
    id: patient.id,
    identifier: [
      { system: own(`organisation:${organisation.id}:patient-number`), value: patient.number },
      ...(patient.nationalId
        ? [{ type: coded(hl7('v2-0203'), 'NI', 'National identifier'), value: patient.nationalId }]
        : [])
    ],
    name: [{ text: patient.name }],
    ...(telecom.length ? { telecom } : {}),
    gender: patient.sex,
    birthDate: patient.birthDate,
    ...(patient.address ? { address: [{ text: patient.address }] } : {}),
    managingOrganization: refer(organisation.id)
  };
}

function healthOf(item: PatientRecord['healthItems'][number]): Resource {
  const code: CodeableConcept = {
    ...(item.code && item.kind === 'condition' ? { coding: [{ system: icd10, code: item.code }] } : {}),
    text: item.label
  };
  const common = { id: item.id };
  const status = item.endedAt ? 'inactive' : 'active';
  switch (item.kind) {
    case 'allergy':
      return {
        ...common,
        resourceType: 'AllergyIntolerance',
        clinicalStatus: coded(hl7('allergyintolerance-clinical'), status),
        ...when(item.severity, 'criticality'),
        code,
        patient: refer(item.patientId),
        ...when(item.since, 'onsetDateTime'),
        recordedDate: iso(item.createdAt),
        recorder: by(item.recordedByName),
        ...(item.detail ? { reaction: [{ manifestation: [{ text: item.detail }] }] } : {})
      };
    case 'condition':
      return {
        ...common,
        resourceType: 'Condition',
        clinicalStatus: coded(hl7('condition-clinical'), status),
        code,
        subject: refer(item.patientId),
        ...when(item.since, 'onsetDateTime'),
        ...(item.endedAt ? { abatementDateTime: iso(item.endedAt) } : {}),
        recordedDate: iso(item.createdAt),
        recorder: by(item.recordedByName),
        ...noted(item.detail)
      };
    case 'medication':
      return {
        ...common,
        resourceType: 'MedicationStatement',
        status: item.endedAt ? 'completed' : 'active',
        medicationCodeableConcept: code,
        subject: refer(item.patientId),
        ...(item.since ? { effectivePeriod: { start: item.since } } : {}),
        dateAsserted: iso(item.createdAt),
        informationSource: by(item.recordedByName),
        ...(item.detail ? { dosage: [{ text: item.detail }] } : {})
      };
  }
}

/** What was done here is a Procedure, everything else on the chart an Observation. */
function findingOf(finding: PatientRecord['findings'][number], words: FhirWords): Resource {
  const text = words.finding(finding.code, finding.grade);
  const code: CodeableConcept = {
    coding: [
      { system: own('finding'), code: finding.code },
      ...(finding.icd10 ? [{ system: icd10, code: finding.icd10 }] : [])
    ],
    text
  };
  const site = coded(iso3950, finding.tooth);
  const note = noted(finding.note);
  if (finding.status === 'done')
    return {
      resourceType: 'Procedure',
      id: finding.id,
      status: finding.withdrawnAt ? 'entered-in-error' : 'completed',
      code,
      subject: refer(finding.patientId),
      performedDateTime: iso(finding.recordedAt),
      performer: [{ actor: by(finding.authorName) }],
      bodySite: [site],
      ...note
    };
  const component = [
    ...finding.surfaces.map((surface) => ({
      code: { text: 'surface' },
      valueCodeableConcept: coded(own('surface'), surface)
    })),
    ...(finding.grade ? [{ code: { text: 'grade' }, valueString: finding.grade }] : [])
  ];
  return {
    resourceType: 'Observation',
    id: finding.id,
    status: finding.withdrawnAt ? 'entered-in-error' : 'final',
    category: [coded(hl7('observation-category'), 'exam')],
    code,
    subject: refer(finding.patientId),
    effectiveDateTime: iso(finding.recordedAt),
    performer: [by(finding.authorName)],
    valueCodeableConcept: coded(own('finding-status'), finding.status),
    bodySite: site,
    ...(component.length ? { component } : {}),
    ...note
  };
}

const planStatuses: Record<PlanStatus, string> = {
  active: 'active',
  done: 'completed',
  cancelled: 'revoked'
};
const itemStatuses: Record<ItemStatus, string> = {
  planned: 'not-started',
  'in-progress': 'in-progress',
  done: 'completed',
  cancelled: 'cancelled'
};

function planOf(plan: PatientRecord['plans'][number], words: FhirWords): Resource {
  return {
    resourceType: 'CarePlan',
    id: plan.id,
    status: planStatuses[plan.status],
    intent: 'plan',
    ...when(plan.title, 'title'),
    subject: refer(plan.patientId),
    created: iso(plan.createdAt),
    author: by(plan.authorName),
    ...(plan.items.length
      ? {
          activity: plan.items.map((item) => ({
            detail: {
              code: coded(own('procedure'), item.procedure, words.procedure(item.procedure)),
              status: itemStatuses[item.status],
              ...(item.cancelReason ? { statusReason: { text: item.cancelReason } } : {}),
              description: [item.phaseTitle || `${item.phase}`, item.tooth, item.note]
                .filter(Boolean)
                .join(' · ')
            }
          }))
        }
      : {}),
    ...noted(plan.note)
  };
}

const appointmentStatuses: Record<AppointmentStatus, string> = {
  booked: 'booked',
  'checked-in': 'checked-in',
  'in-chair': 'arrived',
  done: 'fulfilled',
  cancelled: 'cancelled',
  'no-show': 'noshow'
};

function appointmentOf(one: PatientRecord['appointments'][number]): Resource {
  return {
    resourceType: 'Appointment',
    id: one.id,
    status: appointmentStatuses[one.status],
    ...(one.cancelReason ? { cancelationReason: { text: one.cancelReason } } : {}),
    ...when(one.reason, 'description'),
    start: iso(one.startsAt),
    end: iso(one.endsAt),
    created: iso(one.createdAt),
    ...when(one.note, 'comment'),
    participant: [{ actor: refer(one.patientId), status: 'accepted' }]
  };
}

function noteOf(note: PatientRecord['notes'][number]): Resource {
  const bytes = new TextEncoder().encode(note.text);
  return {
    resourceType: 'DocumentReference',
    id: note.id,
    status: 'current',
    type: coded('http://loinc.org', '11506-3', 'Progress note'),
    subject: refer(note.patientId),
    date: iso(note.writtenAt),
    author: [by(note.authorName)],
    ...(note.amendsId ? { relatesTo: [{ code: 'appends', target: refer(note.amendsId) }] } : {}),
    content: [{ attachment: { contentType: 'text/plain; charset=utf-8', data: base64(bytes) } }]
  };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The files lie in `images/`; the class of each instance stands in the file, so instances are counted, not listed. */
function studiesOf({ images, patient }: PatientRecord): Resource[] {
  const studies = Map.groupBy(
    images.filter((image) => image.studyUid && image.seriesUid),
    (image) => image.studyUid!
  );
  return [...studies].map(([uid, list]) => ({
    resourceType: 'ImagingStudy',
    // A study has no row of its own: it takes the last digits of its first image's id, marked as derived.
    id: derivedId(list[0]!.id),
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${uid}` }],
    status: list.every((image) => image.withdrawnAt) ? 'entered-in-error' : 'available',
    subject: refer(patient.id),
    numberOfInstances: list.length,
    series: [...Map.groupBy(list, (image) => image.seriesUid!)].map(([series, instances]) => ({
      uid: series,
      modality: {
        system: 'http://dicom.nema.org/resources/ontology/DCM',
        code: instances[0]!.modality ?? 'OT'
      },
      numberOfInstances: instances.length
    }))
  }));
}

/** Another UUID (version 8: vendor's own) made from this one. */
function derivedId(id: string): string {
  return `${id.slice(0, 14)}8${id.slice(15)}`;
}

function imageOf(image: PatientRecord['images'][number], words: FhirWords): Resource {
  return {
    resourceType: 'DocumentReference',
    id: image.id,
    ...(image.sopInstanceUid
      ? { identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${image.sopInstanceUid}` }] }
      : {}),
    status: image.withdrawnAt ? 'entered-in-error' : 'current',
    type: coded(own('image-kind'), image.kind, words.image(image.kind)),
    subject: refer(image.patientId),
    date: iso(image.uploadedAt),
    author: [by(image.uploadedByName)],
    content: [{ attachment: { contentType: image.mediaType, url: image.path, size: image.fileSize } }]
  };
}

function opinionsOf(consult: ConsultRecord): Resource[] {
  const presented = consult.documents
    .filter(({ kind }) => kind === 'opinion-pdf')
    .map(({ path, size, locale }) => ({ contentType: 'application/pdf', language: locale, url: path, size }));
  return consult.opinions.flatMap((opinion) =>
    opinion.signedAt === null
      ? []
      : {
          resourceType: 'DiagnosticReport',
          id: opinion.id,
          identifier: [{ system: own('consult-number'), value: consult.number }],
          status: 'final',
          code: coded('http://loinc.org', '11488-4', 'Consult note'),
          subject: refer(opinion.patientId),
          issued: iso(opinion.signedAt),
          performer: [by(`${opinion.authorName} ${opinion.authorTitle}, ${opinion.authorOrganisationName}`)],
          ...when(
            [opinion.diagnosis, opinion.text, opinion.advice].filter(Boolean).join('\n\n'),
            'conclusion'
          ),
          ...(presented.length ? { presentedForm: presented } : {})
        }
  );
}
