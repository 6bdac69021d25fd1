import ArrowRightLeft from '@lucide/svelte/icons/arrow-right-left';
import BookOpen from '@lucide/svelte/icons/book-open';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import Pause from '@lucide/svelte/icons/pause';
import PencilLine from '@lucide/svelte/icons/pencil-line';
import type { MenuItem } from '#lib/ui/menu.ts';
import { m } from '#lib/paraglide/messages.js';
import { specialtyName } from '../labels.ts';
import type { ConsultView } from '../views.ts';
import { readyMessages, topicsOf } from '../waiting.ts';
import { told, type ConsultActs } from './acts.svelte.ts';
import { learnTitle } from './learn-words.ts';
import { toldWords } from './told-words.ts';

/** [CN-31] [CN-34] What staff can do for who is in the waiting room or the call: write, ask to wait on, take elsewhere. */
export function patientMenu(
  consult: Pick<ConsultView, 'may' | 'specialty' | 'otherRooms'>,
  acts: ConsultActs,
  { identity, held, onwrite }: { identity: string; held: boolean; onwrite: () => void }
): MenuItem[] {
  const say = (input: Parameters<ConsultActs['writeToPatient']>[0]) => told(() => acts.writeToPatient(input));
  return [
    ...(consult.may.admit && !held
      ? [{ label: m.consults_hold(), icon: Pause, onselect: () => void told(() => acts.hold(identity)) }]
      : []),
    ...(consult.may.decide
      ? consult.otherRooms.map((room) => ({
          label: m.consults_move_to({
            room: [room.number, specialtyName(room.specialty), room.expertName].filter(Boolean).join(' · ')
          }),
          icon: ArrowRightLeft,
          onselect: () => void told(() => acts.moveToRoom(identity, room.id))
        }))
      : []),
    ...(consult.may.tell
      ? [
          { kind: 'heading' as const, label: m.consults_tell_heading() },
          ...readyMessages.map((kind) => ({
            label: toldWords[kind](),
            icon: MessageCircle,
            onselect: () => void say({ kind })
          })),
          { label: m.consults_tell_own(), icon: PencilLine, onselect: onwrite },
          { kind: 'heading' as const, label: m.consults_tell_read() },
          ...topicsOf(consult.specialty).map((topic) => ({
            label: learnTitle(topic),
            icon: BookOpen,
            onselect: () => void say({ kind: 'read' as const, topic })
          }))
        ]
      : [])
  ];
}
