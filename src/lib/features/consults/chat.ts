/** What is said in writing in a consult: who it is for, what it can point at, which files may hang on it. */

/** [CN-40] `team`: the staff of both sides. `all`: whoever of the patient's side was let in, too. */
export const chatAudiences = ['team', 'all'] as const;
export type ChatAudience = (typeof chatAudiences)[number];

/** A thing of the record that is meant. The id alone: who reads it sees as much of it as they may. */
export type ChatLink =
  { kind: 'tooth'; tooth: string } | { kind: 'image'; imageId: string } | { kind: 'plan'; planId: string };

export const maxChatLinks = 10;

/** [CN-41] What may be sent along; pictures for the record go into the record. */
export const chatFileTypes = ['image/jpeg', 'image/png', 'application/pdf'] as const;
export type ChatFileType = (typeof chatFileTypes)[number];
export const maxChatFileBytes = 25 * 1024 * 1024;

export interface ChatFileView {
  name: string;
  size: number;
  type: ChatFileType;
  /** False where the site has a scanner and it could not be asked, or has none. */
  scanned: boolean;
}

export interface ChatMessageView {
  id: string;
  kind: 'ask-more' | 'answer-more' | 'chat';
  text: string;
  audience: ChatAudience;
  authorName: string;
  /** Of the patient's side. */
  byVisitor: boolean;
  links: readonly ChatLink[];
  file: ChatFileView | null;
  at: Date;
  own: boolean;
}

/** What one may call a file: no path, no control characters, at most 120 letters, the ending of what it is. */
export function chatFileName(name: string, type: ChatFileType): string {
  const ending = { 'image/jpeg': '.jpg', 'image/png': '.png', 'application/pdf': '.pdf' }[type];
  const bare = name
    .replace(/^.*[/\\]/, '')
    // Letters that turn the direction of reading around would show another ending than there is.
    .replace(/[\p{Cc}\p{Cf}"<>:|?*]/gu, '')
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .trim()
    .slice(0, 120);
  return `${bare || 'file'}${ending}`;
}
