import { purposes, type Purpose } from './consent.ts';

export type ConsentLocale = 'zh-CN' | 'en';

/** One version of what is asked. The words are part of the receipt: a changed word is a new version (SPEC [CS-1]). */
export interface ConsentText {
  purpose: Purpose;
  version: number;
  /** Day from which it was asked. */
  since: string;
  words: Record<ConsentLocale, { title: string; text: string }>;
}

/** All versions ever asked; the last one of a purpose is the one that is asked now. Never edit, only append. */
export const consentTexts: readonly ConsentText[] = [
  {
    purpose: 'video',
    version: 1,
    since: '2026-11-22',
    words: {
      'zh-CN': {
        title: '视频看诊',
        text: '医生和会诊专家通过视频看到您、听到您说话。视频只在通话中传送，不保存。您可以随时挂断。'
      },
      en: {
        title: 'Being seen by video',
        text: 'The dentist and the expert see and hear you by video. It is sent during the call only and not kept. You can hang up at any time.'
      }
    }
  },
  {
    purpose: 'recording',
    version: 1,
    since: '2026-11-22',
    words: {
      'zh-CN': {
        title: '录制',
        text: '把这次通话录下来，存入您的病历，只有为您看诊的人可以看。不同意也照常看诊。'
      },
      en: {
        title: 'Recording',
        text: 'The call is recorded and kept in your record, for those who treat you only. You are treated the same if you say no.'
      }
    }
  },
  {
    purpose: 'ai-notes',
    version: 1,
    since: '2026-11-22',
    words: {
      'zh-CN': {
        title: '人工智能记录',
        text: '由电脑听写通话、起草病历，医生核对后才生效。不同意就由医生自己写。'
      },
      en: {
        title: 'Notes by AI',
        text: 'A computer writes down the call and drafts the notes; they count only once the dentist has checked them. If you say no, the dentist writes them.'
      }
    }
  },
  {
    purpose: 'ai-notes',
    version: 2,
    since: '2026-11-23',
    words: {
      'zh-CN': {
        title: '人工智能记录',
        text: '由电脑听写通话，显示成字幕、起草病历。字幕不另外保存，同时录制时会留在录像里；病历草稿由医生核对后才生效。不同意就没有字幕，由医生自己写病历。'
      },
      en: {
        title: 'Notes by AI',
        text: 'A computer writes down the call, as captions to read and as drafts of notes. Captions are not kept by themselves, only in a recording made at the same time; notes count only once the dentist has checked them. If you say no, there are no captions and the dentist writes the notes.'
      }
    }
  },
  {
    purpose: 'teaching',
    version: 1,
    since: '2026-11-22',
    words: {
      'zh-CN': {
        title: '教学使用',
        text: '去掉姓名等身份信息后，用您的影像和病情教学。不同意不影响看诊。'
      },
      en: {
        title: 'Use for teaching',
        text: 'Your images and case are used to teach, without your name or anything that tells who you are. Saying no changes nothing for you.'
      }
    }
  }
];

/** What is asked now. */
export function currentText(purpose: Purpose): ConsentText {
  return consentTexts.findLast((text) => text.purpose === purpose)!;
}

export const currentVersions = Object.fromEntries(
  purposes.map((purpose) => [purpose, currentText(purpose).version])
) as Record<Purpose, number>;
