import { statusText as appointmentStatusText } from '#lib/features/appointments/index.ts';
import { specialtyName, statusName, statusTone } from '#lib/features/consults/labels.ts';
import { imageLabel } from '#lib/features/imaging/index.ts';
import { findingText } from '#lib/features/odontogram/index.ts';
import type { TimelineItem } from '#lib/features/patients/index.ts';
import { m } from '#lib/paraglide/messages.js';
import type { TimelineEvent } from './timeline.ts';

/** A timeline event as a reader sees it. `openImage` shows a picture on the page. */
export function timelineItem(event: TimelineEvent, openImage?: (imageId: string) => void): TimelineItem {
  const { at, by, id, kind } = event;
  switch (event.kind) {
    case 'note':
      return { id, kind, at, by, title: m.consults_timeline_note(), text: event.text, teeth: event.teeth };
    case 'finding':
      return { id, kind, at, by, title: findingText(event.finding), teeth: [event.finding.tooth] };
    case 'image':
      return {
        id,
        kind,
        at,
        by,
        title: imageLabel(event.image),
        thumbnail: `/api/images/${id}/thumbnail`,
        ...(openImage ? { onopen: () => openImage(id) } : {})
      };
    case 'appointment':
      return {
        id,
        kind,
        at,
        by,
        title: event.reason,
        badge: { text: appointmentStatusText(event.status), tone: 'neutral' }
      };
    case 'plan':
      return { id, kind, at, by, title: m.consults_timeline_plan({ title: event.title }) };
    case 'consult': {
      const { consult } = event;
      return {
        id,
        kind,
        at,
        by,
        title: m.consults_timeline_consult({
          specialty: specialtyName(consult.specialty),
          expert: consult.expertName ?? consult.expertOrganisation
        }),
        text: consult.question,
        teeth: consult.teeth,
        href: `/consults/${consult.id}`,
        badge: { text: statusName(consult.status), tone: statusTone(consult.status) }
      };
    }
  }
}
