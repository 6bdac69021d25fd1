import type { OpinionDocument } from '#lib/kernel/ports.ts';
import { parseFindingInput } from '#lib/features/odontogram/findings.ts';
import { findingText, toothName } from '#lib/features/odontogram/labels.ts';
import { imageKindName } from '#lib/features/imaging/labels.ts';
import type { images } from '#lib/features/imaging/tables.server.ts';
import type { patients } from '#lib/features/patients/tables.server.ts';
import type { organisations } from '#lib/features/tenancy/tables.server.ts';
import { parsePlanDraft } from '#lib/features/treatment/plan.ts';
import { procedureName } from '#lib/features/treatment/labels.ts';
import { m } from '#lib/paraglide/messages.js';
import type { ConsultRow } from './read.server.ts';
import type { opinions, proposals } from './tables.server.ts';

type Locale = OpinionDocument['locale'];

interface Facts {
  consult: ConsultRow;
  patient: typeof patients.$inferSelect;
  organisation: typeof organisations.$inferSelect;
  opinion: typeof opinions.$inferSelect;
  proposals: (typeof proposals.$inferSelect)[];
  images: (typeof images.$inferSelect)[];
}

/**
 * What the PDF of a signed opinion shows, in `locale`. What people typed stays as typed; only labels and coded
 * terms are put into words. Findings and plan are the expert's proposals, whatever the dentist decided on them.
 */
export function opinionDocument(facts: Facts, locale: Locale): OpinionDocument {
  const { consult, patient, organisation, opinion } = facts;
  const offered = facts.proposals.filter((row) => row.state !== 'withdrawn');
  return {
    locale,
    organisation: locale === 'en' ? organisation.nameEn : organisation.name,
    consultNumber: consult.number,
    patient: {
      name: patient.name,
      sex: sexName(patient.sex, locale),
      birthDate: patient.birthDate,
      number: patient.number
    },
    question: consult.question,
    teeth: consult.teeth,
    findings: offered
      .filter((row) => row.kind === 'finding')
      .map((row) => {
        const finding = parseFindingInput(row.content);
        return { tooth: finding.tooth, text: findingText(finding, locale) };
      }),
    diagnosis: opinion.diagnosis,
    opinion: opinion.text,
    advice: opinion.advice,
    plan: offered
      .filter((row) => row.kind === 'plan')
      .flatMap((row) =>
        parsePlanDraft(row.content).phases.map((phase) => ({
          phase: phase.title,
          items: phase.items.map((item) => ({
            tooth: item.tooth ?? '',
            text: procedureName(item.procedure, locale),
            visits: item.visits
          }))
        }))
      ),
    images: facts.images.map((image) => ({
      label: [
        imageKindName(image.kind, locale),
        ...image.teeth.map((tooth) => toothName(tooth, locale))
      ].join(' '),
      date: image.takenAt?.slice(0, 10) ?? '',
      sopInstanceUid: image.sopInstanceUid
    })),
    boardPng: null,
    author: {
      name: opinion.authorName,
      title: opinion.authorTitle,
      organisation: opinion.authorOrganisationName,
      licence: opinion.signedContent?.author.licence?.number ?? null
    },
    signedAt: opinion.signedAt?.toISOString() ?? '',
    timeZone: organisation.timeZone,
    digest: opinion.digest ?? '',
    draft: opinion.signedAt === null
  };
}

export function sexName(sex: typeof patients.$inferSelect.sex, locale: Locale): string {
  switch (sex) {
    case 'female':
      return m.consults_sex_female({}, { locale });
    case 'male':
      return m.consults_sex_male({}, { locale });
    default:
      return m.consults_sex_other({}, { locale });
  }
}
