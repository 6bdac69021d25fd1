import type { ImageKind } from './image.ts';

interface KindTags {
  modality: string | null;
  sopClassUid: string | null;
  /** Image type, descriptions, protocol, body part, view: what devices write to tell pictures apart. */
  words: string;
}

const patterns: readonly (readonly [ImageKind, RegExp])[] = [
  ['bitewing', /bite.?wing|\bBW\b|咬翼|咬合翼/i],
  ['lateral-ceph', /ceph|头颅|頭顱|头影|侧位/i],
  ['panoramic', /panoram|\bpano\b|\bOPG\b|orthopant|全景|曲面/i],
  ['periapical', /periapical|\bPA\b|\bIOPA\b|根尖/i],
  ['cbct', /cbct|cone.?beam|锥形束|锥束/i],
  ['intraoral-photo', /intra.?oral (photo|camera|image)|口内照|口内像/i]
];

/** The kind of picture a file says it is; `other` where it does not say. A person may correct it. */
export function kindFromTags({ modality, words }: KindTags): ImageKind {
  const named = patterns.find(([, pattern]) => pattern.test(words))?.[0];
  switch (modality) {
    case 'PX':
      return named === 'lateral-ceph' ? named : 'panoramic';
    case 'IO':
      return named === 'bitewing' ? named : 'periapical';
    case 'XC':
    case 'ES':
      return 'intraoral-photo';
    case 'CT':
      return 'cbct';
    default:
      return named ?? 'other';
  }
}
